import AccessLedger
import RegistryModel
import Testing

/// What was heard of a registry at one address proves nothing of the one at another.
struct PlaceTests {
    private func record(
        _ fixture: LedgerFixture,
        at address: String
    ) async throws -> CoverageRecord {
        try await fixture.ledger.coverage(
            of: fixture.registry,
            at: address,
            since: .init(milliseconds: 0)
        )
    }

    private func note(
        _ fixture: LedgerFixture,
        _ address: String,
        isHearing: Bool = true
    ) async throws {
        try await fixture.ledger.note(
            address: address,
            of: fixture.registry,
            at: fixture.now,
            isHearing: isHearing
        )
    }

    private func trust(_ fixture: LedgerFixture, _ address: String, days: Int64) async throws {
        try await fixture.ledger.trust(
            fixture.registry,
            at: address,
            from: Timestamp(milliseconds: 1_772_600_767_000) - .days(days),
            readAt: fixture.now
        )
    }

    @Test func aRegistryAtAnotherAddressInheritsNothing() async throws {
        let fixture = try await LedgerFixture()
        try await trust(fixture, "a:1", days: 20)
        try await note(fixture, "a:1")
        for name in ["p1", "p2", "p3"] { try await fixture.probe(name) }
        #expect(try await record(fixture, at: "a:1").covered.count == 2)
        #expect(try await record(fixture, at: "a:1").move == nil)

        // A command with other settings judges so at once, and changes nothing.
        try await note(fixture, "b:2", isHearing: false)
        try await trust(fixture, "b:2", days: 20)
        #expect(try await record(fixture, at: "b:2").covered == [])
        #expect(
            try await record(fixture, at: "b:2").move == .init(formerAddress: "a:1", since: nil)
        )
        #expect(try await record(fixture, at: "a:1").covered.count == 2)

        fixture.now = fixture.now + .minutes(1)
        let moved = fixture.now
        try await note(fixture, "b:2")
        #expect(
            try await record(fixture, at: "b:2").move == .init(formerAddress: "a:1", since: moved)
        )
        for name in ["p4", "p5"] { try await fixture.probe(name) }
        let there = try await record(fixture, at: "b:2")
        #expect(there.covered.map(\.from) == [moved])
        #expect(there.covered.map(\.to) == [fixture.now])

        // What was heard here before it went there counts again when it is back.
        fixture.now = fixture.now + .minutes(1)
        try await note(fixture, "a:1")
        let back = try await record(fixture, at: "a:1")
        #expect(back.covered.contains { $0.to == moved })
        #expect(back.covered.allSatisfy { $0.to ?? $0.from <= moved })
        #expect(back.move?.since == fixture.now)
    }

    // Read by a command first, as somebody does who changes both and looks before the restart.
    @Test func theOperatorsNewWordHoldsAtTheNewAddress() async throws {
        let fixture = try await LedgerFixture()
        try await note(fixture, "a:1")
        try await trust(fixture, "a:1", days: 20)
        fixture.now = fixture.now + .days(1)
        let told = fixture.now
        try await trust(fixture, "b:2", days: 19)
        fixture.now = fixture.now + .minutes(1)
        try await note(fixture, "b:2")
        let record = try await record(fixture, at: "b:2")
        #expect(record.covered.map(\.to) == [told])
        #expect(record.move == nil)
    }

    // What it says of the past may end before the registry came here.
    @Test func aNewWordWithAnEndIsAboutTheNewAddress() async throws {
        let fixture = try await LedgerFixture()
        try await note(fixture, "a:1")
        fixture.now = fixture.now + .days(1)
        try await note(fixture, "b:2")
        let end = fixture.now - .days(5)
        try await fixture.ledger.trust(
            fixture.registry,
            at: "b:2",
            from: end - .days(9),
            until: end,
            readAt: fixture.now + .minutes(1)
        )
        let record = try await record(fixture, at: "b:2")
        #expect(record.covered.map(\.to) == [end])
        #expect(record.move == nil)
    }

    // A ledger of before: where its registry was is not known, so it is where it is now.
    @Test func theFirstAddressIsTakenAsItIs() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.ledger.trust(
            fixture.registry,
            from: fixture.now - .days(2),
            readAt: fixture.now
        )
        for name in ["p1", "p2"] { try await fixture.probe(name) }
        #expect(try await record(fixture, at: "a:1").covered.count == 2)
        try await note(fixture, "a:1", isHearing: false)
        #expect(try await record(fixture, at: "a:1").covered.count == 2)
        try await note(fixture, "b:2")
        #expect(try await record(fixture, at: "b:2").covered == [])
    }
}
