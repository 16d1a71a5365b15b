import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// What each kind of registry's answer to a delete comes to, and that nobody asks without end.
struct DeleteAnswerTests {
    enum Kind: String, Sendable, CaseIterable {
        case oci
        case hub
        case azure
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var kind: Kind
        var fault: FakeRegistry.Fault
        /// Nil where the tag counts as gone.
        var error: RegistryError.Kind?
        /// Deletes that are sent at most.
        var tries: Int

        var testDescription: String { "\(kind) \(fault)" }

        /// Short only where it is to pass: a busy machine answers late.
        var timeout: Span {
            if case .slow = fault { Span(milliseconds: 300) } else { .seconds(30) }
        }
    }

    private static func all(
        _ fault: FakeRegistry.Fault,
        oci: RegistryError.Kind?,
        hub: RegistryError.Kind?,
        azure: RegistryError.Kind?,
        tries: Int = 1
    ) -> [Case] {
        zip(Kind.allCases, [oci, hub, azure]).map {
            Case(kind: $0, fault: fault, error: $1, tries: tries)
        }
    }

    private static let tables: [[Case]] = [
        all(.answer(403), oci: .forbidden, hub: .protected, azure: .forbidden),
        all(.answer(404), oci: nil, hub: nil, azure: nil),
        all(.answer(405), oci: .deletesDisabled, hub: .unsupported, azure: .protected),
        all(.answer(409), oci: .protected, hub: .protected, azure: .protected),
        all(.answer(412), oci: .protected, hub: .protected, azure: .protected),
        all(.answer(423), oci: .protected, hub: .protected, azure: .protected),
        all(.answer(500), oci: .serverError, hub: .serverError, azure: .serverError, tries: 4),
        all(.answer(502), oci: .serverError, hub: .serverError, azure: .serverError, tries: 4),
        all(.answer(503), oci: .serverError, hub: .serverError, azure: .serverError, tries: 4),
        all(.slow(.seconds(30)), oci: .timeout, hub: .timeout, azure: .timeout, tries: 4),
        // Carried out, whatever is said: the second try finds nothing there.
        all(.answerAfterAll(500), oci: nil, hub: nil, azure: nil, tries: 2),
        all(.drop, oci: nil, hub: nil, azure: nil, tries: 2),
        all(.truncate, oci: nil, hub: nil, azure: nil, tries: 2),
    ]

    private static let cases = tables.flatMap { $0 }

    @Test(arguments: cases)
    func isTakenForWhatItIs(_ example: Case) async throws {
        let isOnce =
            switch example.fault {
            case .answerAfterAll, .drop, .truncate: true
            default: false
            }
        let count = isOnce ? 1 : 100
        let matches: @Sendable (String, String) -> Bool = { method, _ in method == "DELETE" }
        switch example.kind {
        case .oci:
            try await withRegistry { registry in
                await registry.addImage("team/api", "v1", layers: [[1]])
                await registry.fail(next: count, example.fault, where: matches)
                let client = try OCIRegistryClient.make(registry.url, timeout: example.timeout)
                try await check(client, example) { await registry.requests.map(\.method) }
            }
        case .hub:
            try await withHub { hub in
                await hub.add("team/api", "v1", seed: 1, pushed: .daysAgo(3))
                await hub.fail(next: count, example.fault, where: matches)
                let client = try DockerHubClient.make(hub.url, timeout: example.timeout)
                try await check(client, example) { await hub.requests.map(\.method) }
            }
        case .azure:
            try await withAzure { azure in
                await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
                await azure.fail(next: count, example.fault, where: matches)
                let client = try ACRClient.make(azure.url, timeout: example.timeout)
                try await check(client, example) { await azure.requests.map(\.method) }
            }
        }
    }

    private func check(
        _ client: any RegistryClient,
        _ example: Case,
        _ methods: () async -> [String]
    ) async throws {
        let reference = ManifestReference.tag(named: "v1")
        if let kind = example.error {
            try await expectError(kind) { _ = try await client.delete(.team, reference) }
        } else {
            _ = try await client.delete(.team, reference)
        }
        // One more may have been the question for a login.
        let tries = await methods().filter { $0 == "DELETE" }.count
        #expect(tries <= example.tries + 1)
    }

    // Many refusals, and the tag goes in the end.
    @Test(arguments: Kind.allCases)
    func aStormOfRefusalsIsOutlasted(kind: Kind) async throws {
        let clock = ManualClock()
        let storm = FakeRegistry.Fault.answer(429, headers: ["Retry-After": "15"])
        let matches: @Sendable (String, String) -> Bool = { method, _ in method == "DELETE" }
        switch kind {
        case .oci:
            try await withRegistry { registry in
                await registry.addImage("team/api", "v1", layers: [[1]])
                await registry.fail(next: 30, storm, where: matches)
                let client = try OCIRegistryClient.make(registry.url, clock: clock)
                #expect(try await client.delete(.team, .tag(named: "v1")) == .deleted)
            }
        case .hub:
            try await withHub { hub in
                await hub.add("team/api", "v1", seed: 1, pushed: .daysAgo(3))
                await hub.fail(next: 100, storm, where: matches)
                let client = try DockerHubClient.make(hub.url, clock: clock)
                #expect(try await client.delete(.team, .tag(named: "v1")) == .deleted)
            }
        case .azure:
            try await withAzure { azure in
                await azure.add("team/api", tag: "v1", seed: 1, time: .daysAgo(3))
                await azure.fail(next: 100, storm, where: matches)
                let client = try ACRClient.make(azure.url, clock: clock)
                #expect(try await client.delete(.team, .tag(named: "v1")) == .deleted)
            }
        }
        #expect(clock.slept == .seconds(kind == .oci ? 450 : 1_500))
    }
}
