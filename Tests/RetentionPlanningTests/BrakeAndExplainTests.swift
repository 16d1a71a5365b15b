import RegistryModel
import RetentionPlanning
import Testing

struct BrakeTests {
    private func world(tags: Int, used: Int) throws -> World {
        var world = World()
        let repository = try world.repository()
        for index in 0..<tags {
            let manifest = try world.manifest(in: repository)
            try world.tag("t\(index)", on: manifest, in: repository) {
                $0.inWindow.pulls = index < used ? 1 : 0
            }
        }
        return world
    }

    @Test(arguments: [(3, nil), (2, BrakeHit.Limit.items(count: 3, limit: 2))])
    func brakesOnItemsOfARun(limit: Int, hit: BrakeHit.Limit?) throws {
        let policy = accessPolicy { $0.brake = .init(items: limit) }
        let planner = plan(try world(tags: 4, used: 1), request(policy))
        #expect(planner.brake()?.limit == hit)
    }

    @Test func brakesOnAShareOfARepositorysTags() throws {
        let policy = accessPolicy { $0.brake = .init(share: 50) }
        #expect(plan(try world(tags: 4, used: 2), request(policy)).brake() == nil)
        let hit = try #require(plan(try world(tags: 4, used: 1), request(policy)).brake())
        #expect(
            hit.description
                == "brake of policy cache: 75 % of the tags of team/api, "
                + "at most 50 % without approval"
        )
    }

    @Test func brakesOnAShareOfTheUntagged() throws {
        var world = World()
        let repository = try world.repository()
        try world.manifest(in: repository) { $0.inWindow.pulls = 1 }
        try world.manifest(in: repository)
        let policy = accessPolicy { $0.brake = .init(share: 40) }
        let hit = plan(world, request(policy)).brake()
        let name = try #require(RepositoryName("team/api"))
        #expect(hit?.limit == .untagged(repository: name, percent: 50, limit: 40))
    }
}

struct ExplainTests {
    private var world = World()
    private let repository: Int64
    private let manifest: Int64
    private let tag: Int64

    init() throws {
        repository = try world.repository()
        manifest = try world.manifest(in: repository)
        tag = try world.tag("v1", on: manifest, in: repository)
    }

    private func explain(
        _ candidate: InventorySlice.Candidate
    ) throws -> (verdict: Verdict, rules: [RuleOutcome]) {
        let planner = Planner(request: request(accessPolicy()), coverage: heardWhole())
        return try #require(planner.explain(candidate, in: world.facts()))
    }

    @Test mutating func namesEveryRuleNotOnlyTheFirst() throws {
        world.tags[tag]?.inWindow.pulls = 3
        let answer = try explain(.tag(tag))
        #expect(answer.verdict.reason == .accessed)
        #expect(answer.verdict.detail.hasPrefix("3 of 1 accesses in 7d"))
        #expect(answer.rules.filter(\.holds).map(\.rule) == ["accessed"])
        let rules = answer.rules.map(\.rule)
        #expect(
            rules == [
                "noPolicy", "noKeepRule", "locked", "manifestUnread", "freshPush", "accessed",
                "historyIncomplete", "repositoryUnreadable",
            ]
        )
    }

    @Test func saysWhatWouldGo() throws {
        let answer = try explain(.tag(tag))
        #expect(answer.verdict.isRemoval)
        #expect(answer.verdict.reason == .notAccessed)
        #expect(answer.rules.allSatisfy { !$0.holds })
    }

    @Test mutating func contentOfAnIndexSharesItsFate() throws {
        let child = try world.manifest(in: repository)
        world.manifests[manifest]?.children = [child]
        let candidate = InventorySlice.Candidate.untagged(child, repository: repository)
        #expect(try explain(candidate).verdict.reason == .removedWithIndex)
        world.tags[tag]?.inWindow.pulls = 1
        #expect(try explain(candidate).verdict.reason == .inKeptIndex)
    }

    @Test mutating func aManifestOfAKeptTagIsKeptForIt() throws {
        world.tags[tag]?.inWindow.pulls = 1
        let answer = try explain(.untagged(manifest, repository: repository))
        #expect(answer.verdict.reason == .taggedManifest)
    }

    // Goal and maximum belong to a run, not to the question.
    @Test func doesNotDependOnTheRun() throws {
        let request = request(accessPolicy()) {
            $0.maximum = 0
            $0.goal = .release(bytes: 0)
            $0.targets = []
        }
        let planner = Planner(request: request, coverage: heardWhole())
        let answer = try #require(planner.explain(.tag(tag), in: world.facts()))
        #expect(answer.verdict.isRemoval)
        #expect(planner.explain(.tag(-1), in: world.facts()) == nil)
    }
}
