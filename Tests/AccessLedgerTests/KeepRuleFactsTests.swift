import AccessLedger
import RegistryModel
import Testing

/// What the ledger tells of versions and labels.
struct KeepRuleFactsTests {
    private static func rule(
        _ majors: Int?,
        _ minors: Int?
    ) -> @Sendable (RepositoryFacts) -> SliceRule {
        { _ in
            SliceRule(
                tagWindow: 0,
                untaggedWindow: 0,
                newest: 0,
                versions: .init(majors: majors, minors: minors),
                needsLabels: true
            )
        }
    }

    private static func tag(
        _ name: String,
        _ fixture: LedgerFixture,
        _ rule: @escaping @Sendable (RepositoryFacts) -> SliceRule
    ) async throws -> TagFacts {
        let image = try await fixture.ledger.image(
            LedgerFixture.repository,
            tag: TagName(name),
            digest: nil,
            in: fixture.registry
        )
        let id = try #require(image?.tagId)
        return try #require(try await fixture.ledger.slice(of: [.tag(id)], rule: rule).tags[id])
    }

    // The index answers what looking at all names would answer, as far as the rule asks.
    @Test func ranksVersionsAsLookingAtAllOfThemDoes() async throws {
        let fixture = try await LedgerFixture()
        var names: [String] = ["latest", "1", "v2", "9", "1-rc", "2.0.0-rc.1", "1.9.9-rc.2", "3.1"]
        for major in 0...3 {
            for minor in 0...2 {
                for patch in 0...2 where (major + minor * patch) % 3 != 1 {
                    names.append("\(patch == 1 ? "v" : "")\(major).\(minor).\(patch)")
                }
            }
        }
        try await fixture.record(names.map { fixture.access(.push, $0, tag: $0) })
        fixture.now = fixture.now + .seconds(1)
        // What is gone ranks no more.
        try await fixture.record([fixture.access(.delete, tag: "3.1")])
        let present = names.filter { $0 != "3.1" }
        let ranks = VersionRanks(present.compactMap { TagName($0) })
        for name in present {
            let expected = try ranks.standing(of: #require(TagName(name)))
            for (majors, minors) in [(2, 1), (1, nil), (nil, 2)] as [(Int?, Int?)] {
                let found = try await Self.tag(name, fixture, Self.rule(majors, minors)).version
                let capped = expected.map {
                    VersionStanding(
                        newerMajors: min($0.newerMajors, majors ?? 0),
                        newerMinors: min($0.newerMinors, minors ?? 0),
                        newerPatches: min($0.newerPatches, 1)
                    )
                }
                #expect(found == capped, "\(name) \(majors ?? -1) \(minors ?? -1)")
            }
        }
    }

    private static func labels(_ fixture: LedgerFixture, _ seed: String) async throws -> LabelFacts
    {
        let id = try await fixture.manifest(seed).id
        let slice = try await fixture.ledger.slice(
            of: [.untagged(id, repository: try await fixture.facts().id)],
            rule: rule(nil, nil)
        )
        return try #require(slice.manifests[id]?.labels)
    }

    @Test func anIndexHasTheLabelsOfAllThatItHolds() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "index", tag: "v1")])
        try await fixture.store("index", children: ["one", "two"])
        for seed in ["one", "two"] { try await fixture.store(seed) }
        let index = try await fixture.manifest("index").id
        let one = try await fixture.manifest("one").id
        let two = try await fixture.manifest("two").id
        let keep = ImageLabel(key: "keep", value: "a \"quoted\" value")
        let tier = ImageLabel(key: "tier", value: "")

        #expect(try await Self.labels(fixture, "index") == LabelFacts(isIncomplete: true))
        try await fixture.ledger.store(labels: [
            ManifestLabels(id: index, labels: []), ManifestLabels(id: one, labels: [keep]),
        ])
        #expect(
            try await Self.labels(fixture, "index")
                == LabelFacts(labels: [keep], isIncomplete: true)
        )
        try await fixture.ledger.store(labels: [ManifestLabels(id: two, labels: [tier])])
        #expect(try await Self.labels(fixture, "index") == LabelFacts(labels: [keep, tier]))
        #expect(try await Self.labels(fixture, "two") == LabelFacts(labels: [tier]))
        let repository = try await fixture.facts().id
        let unread = try await fixture.ledger.unlabelledManifests(
            in: repository,
            after: 0,
            limit: 9
        )
        #expect(unread.isEmpty)
    }

    // A configuration that can't be read is not asked for again until the registry is listed.
    @Test func remembersWhatCannotBeRead() async throws {
        let fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        try await fixture.store("a")
        let id = try await fixture.manifest("a").id
        let repository = try await fixture.facts().id
        func unread() async throws -> [Int64] {
            try await fixture.ledger.unlabelledManifests(in: repository, after: 0, limit: 9)
                .map(\.id)
        }
        #expect(try await unread() == [id])
        try await fixture.ledger.store(labels: [ManifestLabels(id: id, labels: nil)])
        #expect(try await unread().isEmpty)
        #expect(try await Self.labels(fixture, "a") == LabelFacts(isIncomplete: true))
        try await fixture.ledger.retryLabels(of: fixture.registry)
        #expect(try await unread() == [id])
    }
}
