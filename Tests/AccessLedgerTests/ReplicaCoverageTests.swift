import AccessLedger
import RegistryModel
import Testing

/// What is heard while replicas are restarted, by their events and by a proxy's log.
struct ReplicaCoverageTests {
    private let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    /// Sends a probe that comes back through a replica's events, and through the log if there is one.
    private func probe(through instance: String, inLog: Bool = false) async throws {
        fixture.now = fixture.now + .minutes(5)
        let name = "p\(fixture.now.milliseconds)"
        try await fixture.ledger.probeSent(
            name,
            to: fixture.registry,
            mediaType: MediaType.ociManifest,
            at: fixture.now
        )
        try await fixture.ledger.probeAnswered(
            name,
            at: fixture.now,
            failure: nil,
            isGap: false
        )
        let agent = OwnUserAgent.probe(name)
        try await fixture.record([
            fixture.access(.resolve, "a", agent: agent, instance: instance)
        ])
        guard inLog else { return }
        try await fixture.record(
            [fixture.access(.resolve, "a", agent: agent, instance: nil)],
            from: .log
        )
    }

    private func covered() async throws -> [CoverageRecord.Stretch] {
        try await fixture.ledger
            .coverage(of: fixture.registry, since: .init(milliseconds: 0))
            .covered.filter { ($0.to ?? $0.from) > $0.from }
    }

    // Each old one has a successor: the last of them ends the gap.
    @Test func restartingAllOfThemEndsTheGapAtOnce() async throws {
        for _ in 0..<2 {
            try await probe(through: "a")
            try await probe(through: "b")
        }
        try await probe(through: "c")
        try await probe(through: "d")
        let resumed = fixture.now
        for replica in ["c", "d", "c", "d"] { try await probe(through: replica) }
        #expect(try await covered().count == 2)
        #expect(try await covered().last?.from == resumed)
    }

    // b is still the old one: a may have broken when c joined.
    @Test func restartingOneOfThemLeavesAGapOfAnHour() async throws {
        for _ in 0..<2 {
            try await probe(through: "a")
            try await probe(through: "b")
        }
        let lastWord = fixture.now - .minutes(5)
        for _ in 0..<5 {
            try await probe(through: "c")
            try await probe(through: "b")
        }
        #expect(try await covered().count == 1)
        for _ in 0..<4 {
            try await probe(through: "c")
            try await probe(through: "b")
        }
        let spans = try await covered()
        #expect(spans.count == 2)
        #expect(spans[1].from >= lastWord + .hours(1))
    }

    @Test func aLogOfTheProxyBeforeThemHasNoGap() async throws {
        for replica in ["a", "b", "a", "b"] { try await probe(through: replica, inLog: true) }
        let began = fixture.now - .minutes(15)
        for _ in 0..<3 {
            try await probe(through: "c", inLog: true)
            try await probe(through: "b", inLog: true)
        }
        #expect(try await covered().contains { $0.from <= began && $0.to == fixture.now })
    }
}
