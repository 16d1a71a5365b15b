import AccessLedger
import RegistryModel
import Testing

/// How many reads are ignored, by which rule.
struct ClientReadTests {
    private let list = AccessIgnoreList(
        userAgents: [Glob("trivy/*")],
        networks: [Network("10.1.0.7/32")].compactMap(\.self)
    )

    private func reads(
        _ fixture: LedgerFixture,
        rules: Set<String>? = nil
    ) async throws -> ClientReads {
        try await fixture.ledger.clientReads(
            of: fixture.registry,
            rules: rules ?? Set(list.ruleNames),
            now: fixture.now
        )
    }

    @Test func countsReadsByTheRuleThatIgnoredThem() async throws {
        let fixture = try await LedgerFixture()
        let twice = fixture.access(.pull, "a", address: "10.1.0.7")
        try await fixture.record(
            [
                fixture.access(.push, "a", tag: "v1", address: "10.1.0.7"), twice, twice,
                fixture.access(.resolve, "a", address: "10.1.0.7"),
                fixture.access(.pull, "a", agent: "trivy/0.50", address: "10.1.0.7"),
                fixture.access(.pull, "a"),
                fixture.access(.pull, "a", agent: OwnUserAgent.product, address: "10.1.0.7"),
            ],
            ignoring: list
        )
        let ignored = [
            "ignoreAccess.userAgents trivy/*": 1, "ignoreAccess.networks 10.1.0.7/32": 2,
        ]
        #expect(try await reads(fixture) == ClientReads(counted: 1, ignored: ignored))
        // A rule that was taken out has ignored nothing any more.
        #expect(try await reads(fixture, rules: []) == ClientReads(counted: 1))
        fixture.now = fixture.now + .days(2)
        #expect(try await reads(fixture) == ClientReads())
    }

    // Where nothing is to be ignored, nothing is written: each commit would cost more.
    @Test func countsNothingWithoutRules() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.pull, "a")])
        #expect(try await reads(fixture) == ClientReads())
    }

    @Test(
        arguments: [
            (ClientReads(counted: 0, ignored: ["a": 9]), nil),
            (ClientReads(counted: 0, ignored: ["a": 10]), "a 10"),
            (ClientReads(counted: 10, ignored: ["a": 60, "b": 30]), "a 60"),
            (ClientReads(counted: 11, ignored: ["a": 60, "b": 30]), nil),
            (ClientReads(counted: 100), nil),
        ] as [(ClientReads, String?)]
    )
    func nearlyAllAreNineOfTen(reads: ClientReads, said: String?) {
        #expect(reads.deafness.map { "\($0.rule) \($0.reads)" } == said)
    }
}
