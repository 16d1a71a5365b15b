import AccessLedger
import RegistryModel
import Testing

/// What the ledger remembers of a repository over time, for a replay.
struct PastTests {
    private let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    private func past() async throws -> RepositoryPast {
        let repository = try await fixture.facts().id
        return try #require(try await fixture.ledger.past(of: repository))
    }

    @Test func remembersEveryPlaceAndEveryEndOfATag() async throws {
        let start = fixture.now
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        fixture.now = start + .minutes(1)
        try await fixture.record([fixture.access(.push, "b", tag: "v1")])
        fixture.now = start + .minutes(2)
        try await fixture.record([fixture.access(.delete, tag: "v1")])
        fixture.now = start + .minutes(3)
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        let a = try await fixture.manifest("a").id
        let b = try await fixture.manifest("b").id
        let tag = try #require(try await past().tags.first)
        #expect(
            tag.moves == [
                .init(since: start, manifest: a),
                .init(since: start + .minutes(1), manifest: b),
                .init(since: start + .minutes(2), manifest: nil),
                .init(since: start + .minutes(3), manifest: a),
            ]
        )
        fixture.now = start + .minutes(4)
        try await fixture.record([fixture.access(.delete, tag: "v1")])
        #expect(try await past().tags.first?.moves.last?.manifest == nil)
        #expect(try await past().tags.first?.moves.count == 5)
    }

    // What is gone is remembered with its content, and of two sources the larger count holds.
    @Test func remembersWhatIsGoneAndWhenItWasUsed() async throws {
        try await fixture.record([
            fixture.access(.push, "one"), fixture.access(.push, "index", tag: "v1"),
        ])
        try await fixture.store("one", blobs: ["layer": 1_000])
        try await fixture.store("index", children: ["one"])
        try await fixture.record([fixture.access(.pull, "one"), fixture.access(.pull, "one")])
        try await fixture.record([fixture.access(.pull, "one")], from: .log)
        let used = fixture.now
        fixture.now = fixture.now + .hours(1)
        try await fixture.record([fixture.access(.delete, "index")])
        let found = try await past()
        let index = try #require(
            found.manifests.first { $0.digest == LedgerFixture.digest("index") }
        )
        let one = try #require(found.manifests.first { $0.digest == LedgerFixture.digest("one") })
        #expect(index.goneAt == fixture.now && one.goneAt == nil)
        #expect(index.children == [one.digest])
        #expect(one.blobs.map(\.size).sorted() == [100, 1_000])
        #expect(one.hours.map(\.counts) == [AccessCounts(pulls: 2, pushes: 1)])
        #expect(one.hours.first?.hour == used.hour && one.hours.first?.lastAt == used)
        #expect(found.tags.first?.moves.map(\.manifest) == [index.id, nil])
    }
}
