import RegistryModel
import RetentionPlanning
import Testing

/// While the clock is in doubt nothing goes by a rule, however old it seems.
struct ClockDoubtTests {
    private let policy = Policy(name: "age", keep: .init(pushedWithin: .hours(1)))

    /// A tag and a manifest without one, both old.
    private func world() throws -> World {
        var world = World()
        let repository = try world.repository()
        try world.tag("v1", on: try world.manifest(in: repository), in: repository)
        try world.manifest(in: repository)
        return world
    }

    @Test func nothingGoesAndItsOwnReasonIsSaid() throws {
        let world = try world()
        #expect(plan(world, request(policy)).items.count == 2)
        let held = plan(world, request(policy) { $0.clockDoubt = "it leapt" })
        #expect(held.items.isEmpty)
        #expect(held.keptReasons == [.clockInDoubt: 2])
    }

    // Who waives evidence by hand has looked himself; that is for what has no tag alone.
    @Test func waivedEvidenceAsksNoClock() throws {
        let planner = plan(
            try world(),
            request(policy) {
                $0.clockDoubt = "it leapt"
                $0.waivesEvidence = true
            }
        )
        #expect(planner.removedTags.isEmpty)
        #expect(planner.removedManifests.count == 1)
    }

    @Test func repositoriesAreLeftOutForIt() throws {
        var request = PlanRequest(policies: [policy], now: World.now, clockDoubt: "it leapt")
        let facts = RepositoryFacts(
            id: 1,
            registry: "local",
            name: try #require(RepositoryName("team/api"))
        )
        var prospects = Prospects(request: request, coverage: heardWhole())
        #expect(prospects.obstacle(to: .tags, in: facts) == .clockInDoubt)
        #expect(prospects.obstacle(to: .untagged, in: facts) == .clockInDoubt)
        request.waivesEvidence = true
        prospects = Prospects(request: request, coverage: heardWhole())
        #expect(prospects.obstacle(to: .untagged, in: facts) == nil)
    }
}
