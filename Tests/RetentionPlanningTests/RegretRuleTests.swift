import RegistryModel
import RetentionPlanning
import Testing

/// What was asked for after its removal protects its like, and may pause its policy.
struct RegretRuleTests {
    private var world = World()
    private let repository: Int64
    private let other: Int64

    init() throws {
        repository = try world.repository("team/api")
        other = try world.repository("team/web")
        for place in [repository, other] {
            try world.tag("old", on: try world.manifest(in: place), in: place)
            try world.manifest(in: place)
        }
    }

    private func plan(_ regrets: RegretFacts..., brake: Int? = nil) -> Planner {
        let policy = accessPolicy { $0.brake.regrets = brake }
        let asked = request(policy) { $0.regrets = regrets }
        return RetentionPlanningTests.plan(world, asked)
    }

    private func regret(
        _ kind: RegretFacts.Kind,
        ago: Span = .days(1),
        isApproved: Bool = false
    ) -> RegretFacts {
        RegretFacts(
            repository: repository,
            kind: kind,
            policy: "cache",
            at: World.ago(ago),
            isApproved: isApproved
        )
    }

    @Test func protectsTagsOrUntaggedOfTheRepository() {
        #expect(plan().items.count == 4)
        #expect(plan(regret(.tag)).keptReasons == [.regretted: 1])
        #expect(
            plan(regret(.tag)).items.filter { $0.repositoryID == repository }.map(\.kind) == [
                .manifest
            ]
        )
        #expect(
            plan(regret(.manifest)).items.filter { $0.repositoryID == repository }.map(\.kind) == [
                .tag
            ]
        )
        #expect(plan(regret(.along)).items.map(\.repositoryID) == [other, other])
    }

    // As long as the policy looks back: seven days here.
    @Test func protectsForAsLongAsThePolicyLooksBack() {
        #expect(plan(regret(.tag, ago: .hours(7 * 24 - 1))).items.count == 3)
        #expect(plan(regret(.tag, ago: .days(7))).items.count == 4)
    }

    @Test func pausesAPolicyFromSoManyOn() throws {
        #expect(plan(regret(.tag), brake: 2).brake() == nil)
        let hit = try #require(plan(regret(.tag), regret(.manifest), brake: 2).brake())
        #expect(hit.limit == .regrets(count: 2, limit: 2, within: .days(7)))
        // An approval ends the pause, and so does time.
        #expect(plan(regret(.tag), regret(.tag, isApproved: true), brake: 2).brake() == nil)
        #expect(plan(regret(.tag), regret(.tag, ago: .days(8)), brake: 2).brake() == nil)
    }
}
