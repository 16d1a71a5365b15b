import RegistryModel
import RetentionPlanning
import Testing

/// A registry that tells itself when a tag was last pulled, and was never heard.
struct ToldRuleTests {
    private var world = World()
    private let repository: Int64
    private let tag: Int64

    init() throws {
        repository = try world.repository()
        let manifest = try world.manifest(in: repository)
        tag = try world.tag("old", on: manifest, in: repository) {
            $0.pushedAt = World.ago(.days(29))
        }
    }

    private func kept(_ request: PlanRequest) -> Reason? {
        let planner = plan(world, request, coverage: [:])
        return planner.items.isEmpty ? planner.keptReasons.keys.first : nil
    }

    private mutating func tell(_ lastPull: Span?, at: Span = .zero) {
        let last = lastPull.map { World.ago($0) }
        world.tags[tag]?.told = ToldFacts(at: World.ago(at), lastPull: last)
    }

    @Test func silenceOfOthersProvesNothing() {
        #expect(kept(request(accessPolicy())) == .historyIncomplete)
    }

    @Test mutating func removesWhatItSaysWasPulledLongAgo() throws {
        tell(.days(8))
        let item = try #require(plan(world, request(accessPolicy()), coverage: [:]).items.first)
        #expect(item.reason == .notAccessed)
        #expect(item.lastAccess == World.ago(.days(8)))
        #expect(item.accesses == 1)
        #expect(item.detail.contains("as the registry told"))
    }

    @Test mutating func removesWhatItSaysWasNeverPulled() {
        tell(nil)
        #expect(kept(request(accessPolicy())) == nil)
    }

    // The window's start falls back to the full hour, to the side of keeping.
    @Test(arguments: [Span.days(6), Span.days(7) + Span.minutes(20)])
    mutating func keepsWhatItSaysWasPulled(ago: Span) {
        tell(ago)
        #expect(kept(request(accessPolicy())) == .accessed)
    }

    @Test mutating func countsAPushAsAUseUnlessThePolicyDoesNot() {
        tell(nil)
        world.tags[tag]?.pushedAt = World.ago(.days(3))
        #expect(kept(request(accessPolicy())) == .accessed)
        #expect(kept(request(accessPolicy { $0.count = [.pull] })) == nil)
    }

    // How often, only a history knows.
    @Test mutating func saysNothingAboutMoreThanOneAccess() {
        tell(.days(20))
        let twice = accessPolicy { $0.keep.accessed = .init(atLeast: 2, within: .days(7)) }
        #expect(kept(request(twice)) == .historyIncomplete)
    }

    @Test mutating func saysNothingWherePullsDoNotCount() {
        tell(.days(20))
        #expect(kept(request(accessPolicy { $0.count = [.resolve] })) == .historyIncomplete)
    }

    @Test mutating func saysNothingAboutAPushThatCameLater() {
        tell(.days(20), at: .days(1))
        world.tags[tag]?.pushedAt = World.ago(.hours(20))
        let policy = accessPolicy {
            $0.count = [.pull]
            $0.keep.pushedWithin = .zero
        }
        #expect(kept(request(policy)) == .historyIncomplete)
    }

    @Test mutating func isForgottenWhenItIsOld() {
        tell(.days(20), at: .days(8))
        #expect(kept(request(accessPolicy())) == .historyIncomplete)
    }

    @Test func isNoObstacleBeforeAnythingIsRead() throws {
        var request = request(accessPolicy())
        let facts = try #require(world.repositories[repository])
        var deaf = Prospects(request: request, coverage: [:])
        let deafTags = deaf.obstacle(to: .tags, in: facts)
        #expect(deafTags == .historyIncomplete)
        request.telling = ["local"]
        var told = Prospects(request: request, coverage: [:])
        let toldTags = told.obstacle(to: .tags, in: facts)
        let untagged = told.obstacle(to: .untagged, in: facts)
        #expect(toldTags == nil)
        #expect(untagged == .historyIncomplete)
    }

    @Test mutating func keepsWhatIsLocked() {
        tell(nil)
        world.tags[tag]?.isLocked = true
        #expect(kept(request(accessPolicy())) == .locked)
    }

    @Test mutating func keepsTheTagsOfALockedManifest() throws {
        tell(nil)
        let manifest = try #require(world.tags[tag]?.manifest)
        world.manifests[manifest]?.isLocked = true
        #expect(kept(request(accessPolicy())) == .locked)
    }
}
