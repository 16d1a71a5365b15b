import RegistryModel
import RetentionPlanning
import Testing

/// What goes along with a removal, and what stays behind.
struct AlongTests {
    private var world = World()
    private let repository: Int64
    private let policy = Policy(name: "none", keep: .init(tags: [], isNone: true))

    init() throws {
        repository = try world.repository()
    }

    @Test mutating func anIndexTakesItsContentAlong() throws {
        let leaf = try world.manifest(in: repository)
        let inner = try world.manifest(in: repository) { $0.children = [leaf] }
        let index = try world.manifest(in: repository) { $0.children = [inner] }
        try world.tag("index", on: index, in: repository)
        let request = request(policy) { $0.targets = [.tags] }
        let planner = plan(world, request, coverage: [:])
        #expect(planner.items.map(\.manifestID) == [index, inner, leaf])
        #expect(
            planner.items.map(\.reason) == [.notProtected, .removedWithIndex, .removedWithIndex]
        )
    }

    @Test mutating func contentStaysThatAnotherIndexHoldsOrATagNames() throws {
        let shared = try world.manifest(in: repository)
        let tagged = try world.manifest(in: repository)
        let fresh = try world.manifest(in: repository) { $0.pushedAt = World.ago(.hours(1)) }
        let first = try world.manifest(in: repository) { $0.children = [shared, tagged, fresh] }
        let second = try world.manifest(in: repository) { $0.children = [shared] }
        try world.tag("first", on: first, in: repository)
        for (name, id) in [("second", second), ("tagged", tagged)] {
            try world.tag(name, on: id, in: repository) { $0.inWindow.pulls = 1 }
        }
        #expect(plan(world, request(accessPolicy())).removedManifests == [first])
    }

    @Test mutating func aHeldManifestOnlyLosesItsTag() throws {
        let child = try world.manifest(in: repository) {
            $0.blobs = [BlobFacts(id: 1, size: 5, references: 0)]
        }
        let index = try world.manifest(in: repository) { $0.children = [child] }
        try world.tag("index", on: index, in: repository) { $0.inWindow.pulls = 1 }
        try world.tag("child", on: child, in: repository)
        let planner = plan(world, request(accessPolicy()))
        #expect(planner.items.map(\.tag?.description) == ["child"])
        #expect(planner.items.map(\.removesManifest) == [false])
        #expect(planner.released == 0)
    }

    @Test mutating func theLastOfSeveralTagsTakesTheManifest() throws {
        let manifest = try world.manifest(in: repository)
        for name in ["a", "b", "c"] { try world.tag(name, on: manifest, in: repository) }
        let planner = plan(world, request(accessPolicy()))
        #expect(planner.items.map(\.removesManifest) == [false, false, true])
    }

    @Test mutating func aChainOfReferrersGoesWithItsSubject() throws {
        let subject = try world.manifest(in: repository)
        let sbom = try world.manifest(in: repository) { $0.subject = subject }
        let signature = try world.manifest(in: repository) { $0.subject = sbom }
        try world.tag("app", on: subject, in: repository)
        let request = request(accessPolicy()) { $0.targets = [.tags] }
        let planner = plan(world, request)
        #expect(planner.items.map(\.manifestID) == [subject, sbom, signature])
        #expect(planner.items.last?.reason == .removedWithSubject)
    }

    @Test mutating func aReferrerThatIsUsedItselfStays() throws {
        let subject = try world.manifest(in: repository)
        try world.manifest(in: repository) {
            $0.subject = subject
            $0.inWindow.pulls = 1
        }
        try world.tag("app", on: subject, in: repository)
        #expect(plan(world, request(accessPolicy())).removedManifests == [subject])
    }

    @Test mutating func signaturesAndFallbackIndexesGoAlong() throws {
        let subject = try world.manifest(in: repository)
        let referrer = try world.manifest(in: repository) { $0.subject = subject }
        let fallback = try world.manifest(in: repository) { $0.children = [referrer] }
        let signature = try world.manifest(in: repository)
        try world.tag("app", on: subject, in: repository)
        try world.tag(world.referrerTag(for: subject), on: fallback, in: repository)
        let name = world.referrerTag(for: subject, ending: ".sig")
        let sig = try world.tag(name, on: signature, in: repository) {
            $0.firstSeen = World.ago(.days(50))
        }
        let all: Set = [subject, referrer, fallback, signature]
        #expect(plan(world, request(accessPolicy())).removedManifests == all)
        // A signature that its own rules keep stays.
        world.tags[sig]?.inWindow.pulls = 1
        let rest = all.subtracting([signature])
        #expect(plan(world, request(accessPolicy())).removedManifests == rest)
    }

    @Test mutating func aTaggedReferrerStaysWithItsSubject() throws {
        let subject = try world.manifest(in: repository)
        let referrer = try world.manifest(in: repository) { $0.subject = subject }
        let used = try world.tag("app", on: subject, in: repository) { $0.inWindow.pulls = 1 }
        let tag = try world.tag("sbom", on: referrer, in: repository) {
            $0.firstSeen = World.ago(.days(60))
        }
        let planner = plan(world, request(accessPolicy()))
        #expect(planner.keptReasons == [.accessed: 1, .referrerOfKept: 1])
        world.tags[used]?.inWindow = AccessCounts()
        let both = plan(world, request(accessPolicy()))
        #expect(both.removedTags == [used, tag])
        #expect(both.kept == 0)
    }

    @Test mutating func sharedContentIsReleasedWithTheLastThatRefersToIt() throws {
        let other = try world.repository("team/web")
        for (place, name) in [(repository, "one"), (other, "two")] {
            let manifest = try world.manifest(in: place) {
                $0.blobs = [
                    BlobFacts(id: 1, size: 1_000, references: 0),
                    BlobFacts(id: $0.id + 100, size: 1, references: 0),
                ]
            }
            try world.tag(name, on: manifest, in: place)
        }
        let both = plan(world, request(accessPolicy()))
        #expect(both.items.map(\.bytes) == [1, 1_001])
        let one = plan(world, request(accessPolicy { $0.repositories = [Glob("team/api")] }))
        #expect(one.released == 1)
    }

    // A list of thousands of tags or parents must not be gone through for each of them.
    @Test(.timeLimit(.minutes(1)), arguments: [Goal.everything, .release(bytes: .max)])
    mutating func aManifestOfManyTagsTakesNoQuadraticTime(goal: Goal) throws {
        let shared = try world.manifest(in: repository)
        let facts = try manyTags(20_000, on: shared)
        let request = request(accessPolicy()) { $0.goal = goal }
        var planner = Planner(request: request, coverage: heardWhole())
        planner.consider(facts)
        #expect(planner.items.count == 20_000)
        #expect(planner.removedManifests == [shared])
    }

    private mutating func manyTags(_ count: Int, on manifest: Int64) throws -> InventorySlice {
        var slice = world.facts()
        slice.candidates = []
        for id in 1...Int64(count) {
            let name = try #require(TagName("t\(id)"))
            let seen = World.ago(.days(30))
            var tag = TagFacts(id: id, repository: repository, name: name, firstSeen: seen)
            tag.manifest = manifest
            slice.tags[id] = tag
            slice.manifests[manifest]?.tags.append(id)
            slice.candidates.append(.tag(id))
        }
        return slice
    }
}
