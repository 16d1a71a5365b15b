import RegistryModel
import RetentionPlanning
import Testing

/// A goal of bytes removes only what helps towards it.
struct ByteGoalTests {
    private var world = World()
    private let repository: Int64
    private let manifest: Int64

    init() throws {
        repository = try world.repository()
        manifest = try world.manifest(in: repository) {
            $0.blobs = [BlobFacts(id: 1, size: 100, references: 0)]
        }
    }

    private func bytes(
        _ bytes: Int64 = .max,
        change: (inout PlanRequest) -> Void = { _ in }
    ) -> PlanRequest {
        request(accessPolicy()) {
            $0.goal = .release(bytes: bytes)
            change(&$0)
        }
    }

    /// Adds a tag that was last used `days` ago, which ranks it: the more, the earlier.
    @discardableResult
    private mutating func tag(_ name: String, on manifest: Int64, days: Int64) throws -> Int64 {
        try world.tag(name, on: manifest, in: repository) {
            $0.lastAccess = World.ago(.days(days))
        }
    }

    /// Another image of 10 bytes.
    private mutating func image(_ name: String, days: Int64) throws -> Int64 {
        let blob = Int64(world.manifests.count + 1)
        let id = try world.manifest(in: repository) {
            $0.blobs = [BlobFacts(id: blob, size: 10, references: 0)]
        }
        return try tag(name, on: id, days: days)
    }

    @Test mutating func keepsATagWhoseManifestAnotherTagKeeps() throws {
        let cold = try tag("cold", on: manifest, days: 20)
        try world.tag("used", on: manifest, in: repository) { $0.inWindow.pulls = 1 }
        let planner = plan(world, bytes(1))
        #expect(planner.items.isEmpty)
        #expect(planner.keptReasons == [.notNeeded: 1, .accessed: 1])
        #expect(!planner.isSatisfied)
        // Only bytes are not helped by it.
        for goal: Goal in [.everything, .tags(count: 1), .untagged(count: 1)] {
            #expect(plan(world, bytes { $0.goal = goal }).removedTags == [cold])
        }
        let answer = try #require(planner.explain(.tag(cold), in: world.facts()))
        #expect(answer.verdict.isRemoval)
    }

    @Test mutating func keepsATagWhoseManifestAnIndexKeeps() throws {
        let index = try world.manifest(in: repository) { [manifest] in $0.children = [manifest] }
        try world.tag("index", on: index, in: repository) { $0.inWindow.pulls = 1 }
        try tag("cold", on: manifest, days: 20)
        let planner = plan(world, bytes())
        #expect(planner.items.isEmpty)
        #expect(planner.keptReasons == [.notNeeded: 1, .accessed: 1])
    }

    // The first waits for the last, and takes its place in the order.
    @Test mutating func removesAllTagsOfAManifestTogether() throws {
        let first = try tag("first", on: manifest, days: 20)
        let single = try image("single", days: 15)
        let last = try tag("last", on: manifest, days: 10)
        let planner = plan(world, bytes())
        #expect(planner.items.map(\.tagID) == [single, first, last])
        #expect(planner.items.map(\.removesManifest) == [true, false, true])
        #expect(planner.items.map(\.bytes) == [10, 0, 100])
        #expect(planner.kept == 0)
        let little = plan(world, bytes(10))
        #expect(little.removedTags == [single])
        #expect(little.keptReasons == [.notNeeded: 2])
        #expect(little.isSatisfied)
    }

    @Test mutating func tagsWaitAcrossSlices() throws {
        let tags = try ["a", "b", "c"].map { try tag($0, on: manifest, days: 20) }
        var planner = Planner(request: bytes(100), coverage: heardWhole())
        let pages = world.facts().pages(of: 1)
        for (index, page) in pages.enumerated() {
            #expect(planner.items.isEmpty)
            #expect(planner.keptReasons == (index == 0 ? [:] : [.notNeeded: index]))
            #expect(!planner.isSatisfied)
            planner.consider(page)
            // A slice that comes again changes nothing.
            planner.consider(pages[0])
        }
        #expect(planner.items.map(\.tagID) == tags)
        #expect(planner.released == 100)
        #expect(planner.kept == 0)
        #expect(planner.isSatisfied)
    }

    // What came to be known meanwhile speaks against all of them.
    @Test mutating func aDeferredTagThatWasUsedMeanwhileKeepsTheOthers() throws {
        let first = try tag("first", on: manifest, days: 20)
        let last = try tag("last", on: manifest, days: 10)
        var planner = Planner(request: bytes(), coverage: heardWhole())
        planner.consider(world.facts().page([.tag(first)]))
        world.tags[first]?.inWindow.pulls = 1
        planner.consider(world.facts().page([.tag(first), .tag(last)]))
        #expect(planner.items.isEmpty)
        #expect(planner.keptReasons == [.accessed: 1, .notNeeded: 1])
    }

    @Test mutating func tagsInsideAnIndexWaitForIt() throws {
        let inner = try world.manifest(in: repository) { [manifest] in $0.children = [manifest] }
        let index = try world.manifest(in: repository) { $0.children = [inner] }
        let leaf = try tag("leaf", on: manifest, days: 30)
        let middle = try tag("middle", on: inner, days: 20)
        let top = try tag("top", on: index, days: 10)
        for pages in [[world.facts()], world.facts().pages(of: 1)] {
            var planner = Planner(request: bytes(), coverage: heardWhole())
            for page in pages { planner.consider(page) }
            #expect(planner.items.map(\.tagID) == [top, middle, leaf])
            #expect(planner.items.allSatisfy { $0.removesManifest && $0.reason == .notAccessed })
            #expect(planner.kept == 0)
        }
        // Only as many as the maximum lets, of what waited too.
        let two = plan(world, bytes { $0.maximum = 2 })
        #expect(two.removedTags == [top, middle])
        #expect(two.keptReasons == [.overMaximum: 1])
    }

    // What the index released counts, and the coldest of them comes first.
    @Test mutating func theGoalLimitsWhatWaitedForAnIndex() throws {
        let leaves = try [20, 40, 30, 50].map { try image("leaf-\($0)", days: $0) }
        let index = try image("index", days: 10)
        let content = leaves.compactMap { world.tags[$0]?.manifest }
        world.tags[index]?.manifest.map { world.manifests[$0]?.children = content }
        let order = [index, leaves[3], leaves[1], leaves[2], leaves[0]]
        for count in 1...5 {
            let planner = plan(world, bytes(Int64(count * 10)) { $0.targets = [.tags] })
            #expect(planner.items.map(\.tagID) == Array(order.prefix(count)))
            #expect(planner.keptReasons == (count == 5 ? [:] : [.notNeeded: 5 - count]))
        }
    }

    @Test mutating func aSignatureThatAnotherTagKeepsStays() throws {
        let signature = try world.manifest(in: repository)
        let app = try tag("app", on: manifest, days: 10)
        let name = world.referrerTag(for: manifest, ending: ".sig")
        try tag(name, on: signature, days: 20)
        let other = try tag("other", on: signature, days: 20)
        world.tags[other]?.inWindow.pulls = 1
        let planner = plan(world, bytes())
        #expect(planner.removedTags == [app])
        #expect(planner.keptReasons == [.notNeeded: 1, .accessed: 1])
        world.tags[other]?.inWindow = AccessCounts()
        #expect(plan(world, bytes()).kept == 0)
    }

    // They belong to what goes: neither goal nor maximum asks for them.
    @Test mutating func severalTagsOfAReferrerGoAlong() throws {
        let referrer = try world.manifest(in: repository) { [manifest] in $0.subject = manifest }
        try tag("app", on: manifest, days: 30)
        for (name, days) in [("early", Int64(40)), ("late", 20)] {
            try tag(name, on: referrer, days: days)
        }
        let planner = plan(world, bytes(100) { $0.maximum = 1 })
        #expect(planner.removedManifests == [manifest, referrer])
        #expect(planner.items.count { $0.reason == .removedWithSubject } == 2)
        #expect(planner.kept == 0)
    }

    @Test mutating func tagsThatWaitDoNotCountTowardsTheMaximum() throws {
        try tag("cold", on: manifest, days: 20)
        try world.tag("used", on: manifest, in: repository) { $0.inWindow.pulls = 1 }
        let single = try image("single", days: 10)
        let over = try image("over", days: 9)
        let planner = plan(world, bytes { $0.maximum = 1 })
        #expect(planner.removedTags == [single])
        #expect(planner.keptReasons == [.notNeeded: 1, .accessed: 1, .overMaximum: 1])
        #expect(planner.isFull)
        #expect(plan(world, bytes { $0.maximum = 2 }).removedTags == [single, over])
    }

    @Test mutating func moreTagsThanTheMaximumLetsStayTogether() throws {
        let pair = try ["a", "b"].map { try tag($0, on: manifest, days: 20) }
        let single = try image("single", days: 10)
        let one = plan(world, bytes { $0.maximum = 1 })
        #expect(one.removedTags == [single])
        #expect(one.keptReasons == [.overMaximum: 2])
        let two = plan(world, bytes { $0.maximum = 2 })
        #expect(two.items.map(\.tagID) == pair)
        #expect(two.keptReasons == [.overMaximum: 1])
        #expect(two.isFull)
    }

    @Test mutating func aTagYoungerThanAskedKeepsTheOthers() throws {
        try tag("old", on: manifest, days: 20)
        let young = try tag("young", on: manifest, days: 20)
        world.tags[young]?.pushedAt = World.ago(.days(5))
        let planner = plan(world, bytes { $0.olderThan = .days(10) })
        #expect(planner.items.isEmpty)
        #expect(planner.keptReasons == [.notNeeded: 1, .newerThanAsked: 1])
    }

    // No manifest goes there, so no tag helps.
    @Test mutating func keepsEveryTagWhereSomethingIsUnread() throws {
        for name in ["a", "b"] { try tag(name, on: manifest, days: 20) }
        try world.manifest(in: repository) { $0.reading = .unreadable }
        let planner = plan(world, bytes { $0.targets = [.tags] })
        #expect(planner.items.isEmpty)
        #expect(planner.keptReasons == [.repositoryUnreadable: 2])
    }

    @Test mutating func theBrakeCountsWhatGoesNotWhatWaits() throws {
        for name in ["a", "b"] { try tag(name, on: manifest, days: 20) }
        let policy = accessPolicy { $0.brake = .init(items: 1) }
        var planner = Planner(
            request: request(policy) { $0.goal = .release(bytes: 1) },
            coverage: heardWhole()
        )
        let pages = world.facts().pages(of: 1)
        planner.consider(pages[0])
        #expect(planner.brake() == nil)
        planner.consider(pages[1])
        #expect(planner.brake()?.limit == .items(count: 2, limit: 1))
    }
}
