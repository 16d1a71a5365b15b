import RegistryModel
import RetentionPlanning
import Testing

/// One tag under each rule.
struct TagRuleTests {
    private var world = World()
    private let repository: Int64
    private let manifest: Int64
    private let tag: Int64

    init() throws {
        repository = try world.repository()
        manifest = try world.manifest(in: repository) {
            $0.blobs = [BlobFacts(id: 1, size: 500, references: 0)]
        }
        tag = try world.tag("old", on: manifest, in: repository)
    }

    private func kept(
        _ request: PlanRequest,
        coverage: [String: Coverage] = heardWhole()
    ) -> Reason? {
        let planner = plan(world, request, coverage: coverage)
        return planner.items.isEmpty ? planner.keptReasons.keys.first : nil
    }

    @Test func removesWhatNobodyUsedWithItsManifest() throws {
        let planner = plan(world, request(accessPolicy()))
        let item = try #require(planner.items.first)
        #expect(planner.items.count == 1)
        #expect(item.reason == .notAccessed)
        #expect(item.removesManifest)
        #expect(item.bytes == 500)
        #expect(item.detail == "0 of 1 accesses in 7d, covered since 2026-03-29T20:26:40Z")
        #expect(planner.released == 500)
        #expect(planner.kept == 0)
    }

    @Test func keepsWithoutAPolicy() {
        #expect(kept(request()) == .noPolicy)
        #expect(kept(request { $0.sweepDefault = true }) == .noPolicy)
    }

    @Test func keepsUnderAPolicyWithoutARule() {
        #expect(kept(request(Policy(name: "empty"))) == .noKeepRule)
        #expect(kept(request(Policy(name: "none", keep: .init(isNone: true)))) == nil)
    }

    @Test mutating func keepsWhatCouldNotBeListed() throws {
        world.repositories[repository]?.unlisted = .init(since: World.ago(.hours(1)), why: "403")
        #expect(kept(request(accessPolicy())) == .repositoryUnlisted)
        let none = Policy(name: "none", keep: .init(isNone: true))
        #expect(kept(request(none)) == .repositoryUnlisted)
        let planner = Planner(request: request(none), coverage: heardWhole())
        let (verdict, _) = try #require(planner.explain(.tag(tag), in: world.facts()))
        #expect(verdict.detail.hasSuffix("could not be listed since 2026-05-28T19:26:40Z: 403"))
    }

    @Test func theFirstPolicyThatMatchesDecides() {
        let empty = Policy(name: "empty", repositories: [Glob("team/*")])
        let other = Policy(name: "other", registry: "elsewhere")
        #expect(kept(request(other, accessPolicy())) == nil)
        #expect(kept(request(empty, accessPolicy())) == .noKeepRule)
    }

    @Test(arguments: [ManifestFacts.Reading.unread, .unreadable])
    mutating func keepsWhatPointsToAnUnreadManifest(reading: ManifestFacts.Reading) {
        world.manifests[manifest]?.reading = reading
        #expect(kept(request(accessPolicy())) == .manifestUnread)
    }

    @Test mutating func keepsWhatPointsToNothingKnown() {
        world.tags[tag]?.manifest = nil
        let none = accessPolicy { $0.keep = .init(isNone: true) }
        #expect(kept(request(none) { $0.targets = [.tags] }) == .manifestUnread)
    }

    @Test mutating func keepsTheLastTagWhereSomethingIsUnread() throws {
        try world.manifest(in: repository) { $0.reading = .unread }
        let second = try world.tag("older", on: manifest, in: repository) {
            $0.firstSeen = World.ago(.days(40))
        }
        let planner = plan(world, request(accessPolicy()))
        #expect(planner.removedTags == [second])
        #expect(planner.removedManifests.isEmpty)
        #expect(planner.keptReasons[.repositoryUnreadable] == 2)
    }

    @Test mutating func keepsAFreshPushOfTagOrManifest() {
        world.tags[tag]?.pushedAt = World.ago(.hours(23))
        #expect(kept(request(accessPolicy())) == .freshPush)
        #expect(kept(request(accessPolicy { $0.keep.pushedWithin = .hours(23) })) == nil)
        world.tags[tag]?.pushedAt = nil
        world.manifests[manifest]?.firstSeen = World.ago(.hours(23))
        #expect(kept(request(accessPolicy())) == .freshPush)
        world.manifests[manifest]?.pushedAt = World.ago(.days(20))
        #expect(kept(request(accessPolicy())) == nil)
    }

    // A glob is the whole tag; an expression is searched for, which keeps more.
    @Test(arguments: [
        ("o*", true), ("o", false), ("v*", false), ("/o.d/", true), ("/o/", true),
        ("/^ol/", true), ("/^o$/", false),
    ])
    func keepsWhatAPatternNames(pattern: String, isKept: Bool) throws {
        let pattern = try #require(NamePattern(pattern))
        let reason = kept(request(accessPolicy { $0.keep.tags = [pattern] }))
        #expect(reason == (isKept ? .tagPattern : nil))
    }

    // Signatures are no versions: neither do they count as newer nor are they kept as newest.
    @Test mutating func keepsTheNewest() throws {
        let policy = Policy(name: "newest", keep: .init(newest: 1))
        #expect(kept(request(policy)) == .newest)
        let other = try world.manifest(in: repository)
        let signature = try world.tag(
            world.referrerTag(for: manifest, ending: ".sig"),
            on: other,
            in: repository
        ) { $0.pushedAt = World.ago(.days(2)) }
        #expect(plan(world, request(policy)).keptReasons == [.newest: 1, .referrerOfKept: 1])
        try world.tag("new", on: other, in: repository) { $0.pushedAt = World.ago(.days(3)) }
        #expect(plan(world, request(policy)).removedTags == [tag, signature])
    }

    @Test mutating func keepsWhatWasUsedByTagOrByDigest() {
        world.tags[tag]?.inWindow = AccessCounts(resolves: 1)
        #expect(kept(request(accessPolicy())) == .accessed)
        #expect(kept(request(accessPolicy { $0.count = [.pull] })) == nil)
        #expect(kept(request(accessPolicy { $0.keep.accessed?.atLeast = 2 })) == nil)
        world.manifests[manifest]?.inWindow = AccessCounts(pulls: 2)
        #expect(kept(request(accessPolicy { $0.keep.accessed?.atLeast = 2 })) == .accessed)
    }

    @Test func keepsWhereTheWindowWasNotHeard() throws {
        let request = request(accessPolicy())
        #expect(kept(request, coverage: [:]) == .historyIncomplete)
        let late = CoveredSpan(from: World.ago(.days(6)), to: World.now)
        let coverage = ["local": Coverage(spans: [late])]
        #expect(kept(request, coverage: coverage) == .historyIncomplete)
        let planner = Planner(request: request, coverage: coverage)
        let answer = try #require(planner.explain(.tag(tag), in: world.facts()))
        #expect(answer.verdict.detail.contains("will hold from 2026-05-29T21:00:00Z"))
    }

    @Test func rulesWithoutAccessNeedNoHistory() {
        let policy = Policy(name: "age", keep: .init(pushedWithin: .days(10)))
        #expect(plan(world, request(policy), coverage: [:]).items.map(\.reason) == [.notProtected])
    }

    @Test func narrowsByAge() {
        #expect(kept(request(accessPolicy()) { $0.olderThan = .days(31) }) == .newerThanAsked)
        #expect(kept(request(accessPolicy()) { $0.olderThan = .days(30) }) == nil)
    }

    @Test mutating func stopsAtTheMaximum() throws {
        try world.tag("other", on: world.manifest(in: repository), in: repository)
        let planner = plan(world, request(accessPolicy()) { $0.maximum = 1 })
        #expect(planner.items.count == 1)
        #expect(planner.keptReasons == [.overMaximum: 1])
        #expect(planner.isFull)
        #expect(!planner.isSatisfied)
    }

    @Test mutating func stopsAtTheLowMark() throws {
        let used = World.ago(.days(20))
        world.tags[tag]?.lastAccess = used
        let colder = try world.manifest(in: repository) {
            $0.blobs = [BlobFacts(id: 2, size: 100, references: 0)]
        }
        let cold = try world.tag("cold", on: colder, in: repository) {
            $0.lastAccess = used - .days(1)
        }
        let planner = plan(world, request(accessPolicy()) { $0.goal = .release(bytes: 100) })
        #expect(planner.removedTags == [cold])
        #expect(planner.keptReasons == [.notNeeded: 1])
        #expect(planner.isSatisfied)
    }

    @Test func leavesTagsAloneWhenNotAsked() {
        let planner = plan(world, request(accessPolicy()) { $0.targets = [.untagged] })
        #expect(planner.items.isEmpty)
        #expect(planner.kept == 0)
    }
}
