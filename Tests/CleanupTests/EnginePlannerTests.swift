import AccessLedger
import Cleanup
import RegistryClients
import RegistryModel
import RetentionPlanning
import Testing

struct EnginePlannerTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let row = EngineRow(id: 1, name: "node")

    private func image(
        _ id: String,
        _ tags: [String] = [],
        parent: String? = nil,
        size: Int64 = 100,
        shared: Int64? = 0,
        age: Span = .days(30),
        labels: [String: String] = [:]
    ) -> EngineImage {
        EngineImage(
            id: id,
            parent: parent,
            tags: tags,
            created: now - age,
            labels: labels,
            size: size,
            shared: shared
        )
    }

    private func container(_ image: String, _ state: String = "running") -> EngineContainer {
        EngineContainer(
            id: "c-\(image)-\(state)",
            name: "c",
            image: image,
            imageID: image,
            state: state,
            created: now - .days(2)
        )
    }

    private func inventory(
        _ images: [EngineImage],
        _ containers: [EngineContainer] = []
    ) -> EngineInventory {
        EngineInventory(
            usage: EngineUsage(images: images, containers: containers, volumes: [], cache: []),
            images: images,
            containers: containers
        )
    }

    private func prune(
        _ inventory: EngineInventory,
        _ parts: [EnginePart],
        _ filters: [(String, String)] = []
    ) throws -> EnginePlanner.Draft {
        var all = EngineFilters()
        for (name, value) in filters { try all.add(name, value) }
        var planner = EnginePlanner(inventory, of: row, now: now)
        return planner.prune(parts, all)
    }

    // MARK: Prune

    @Test func onlyImagesWithoutATagGoUnlessMoreIsAsked() throws {
        let all = inventory([image("a"), image("b", ["team/b:1"]), image("c")], [container("c")])
        let dangling = try prune(all, [.images])
        #expect(dangling.items.map(\.subject) == ["a"])
        #expect(dangling.kept == ["tagged": 1, "inUse": 1])
        let unused = try prune(all, [.images], [("dangling", "false")])
        #expect(unused.items.map(\.subject) == ["a", "b"])
    }

    // What only a container holds that goes in the same run goes with it.
    @Test func imagesOfStoppedContainersGoWithThem() throws {
        let all = inventory([image("a")], [container("a", "exited")])
        #expect(try prune(all, [.images]).items.isEmpty)
        let both = try prune(all, [.containers, .images])
        #expect(both.items.map(\.kind) == ["container", "image"])
    }

    @Test(arguments: ["running", "paused", "restarting", "removing", "unknown", ""])
    func aContainerThatMayRunStays(state: String) throws {
        let all = inventory([], [container("a", state)])
        #expect(try prune(all, [.containers]).items.isEmpty)
    }

    // A parent goes behind its children, and never before.
    @Test func parentsGoBehindTheirChildren() throws {
        let all = inventory([image("p"), image("q", parent: "p"), image("r", parent: "q")])
        let first = try prune(all, [.images])
        #expect(first.items.map(\.subject) == ["r", "q", "p"], "\(first.kept)")
        let held = inventory(all.images, [container("r")])
        let draft = try prune(held, [.images])
        #expect(draft.items.isEmpty)
        #expect(draft.kept == ["inUse": 1, "hasChildren": 2])
    }

    @Test func filtersNarrow() throws {
        let all = inventory([
            image("old", age: .days(3)), image("young", age: .minutes(5)),
            image("ci", age: .days(3), labels: ["stage": "ci"]),
            image("keep", age: .days(3), labels: ["stage": "ci", "keep": ""]),
        ])
        func names(_ filters: [(String, String)]) throws -> [String] {
            try prune(all, [.images], filters).items.map(\.subject)
        }
        #expect(try names([("until", "24h")]) == ["old", "ci", "keep"])
        #expect(try names([("label", "stage=ci")]) == ["ci", "keep"])
        #expect(try names([("label", "stage=x")]) == [])
        #expect(try names([("label", "stage"), ("label!", "keep")]) == ["ci"])
    }

    // MARK: Last use

    private func uses(_ days: [String: Int64], seen: Int64 = 60) -> [String: EngineUse] {
        days.mapValues { day in
            EngineUse(firstSeen: now - .days(seen), lastUse: now - .days(day), uses: 1)
        }
    }

    private func policy(_ keep: Policy.Keep, _ repositories: [String] = []) -> Policy {
        Policy(
            name: "p",
            engine: "node",
            repositories: repositories.map { Glob($0) },
            keep: keep,
            mode: .enforce
        )
    }

    private func coldest(
        _ images: [EngineImage],
        _ uses: [String: EngineUse],
        _ policies: [Policy],
        needed: Int64 = .max,
        containers: [EngineContainer] = []
    ) -> EnginePlanner.Draft {
        var planner = EnginePlanner(inventory(images, containers), of: row, now: now)
        return planner.leastRecentlyUsed(uses, policies, needed: needed)
    }

    private var three: [EngineImage] { ["a", "b", "c"].map { image($0, ["team/\($0):1"]) } }

    @Test func theLeastRecentlyUsedGoFirstAndNoMoreThanNeeded() {
        let draft = coldest(
            three,
            uses(["a": 3, "b": 9, "c": 6]),
            [policy(.init(isNone: true))],
            needed: 150
        )
        #expect(draft.items.map(\.subject) == ["b", "c"])
        #expect(draft.kept == ["notNeeded": 1])
    }

    // Bytes that others share do not come back, so they count for nothing.
    @Test func sharedBytesDoNotCount() {
        let images = [image("a", ["a:1"], size: 100, shared: 90), image("b", ["b:1"], shared: nil)]
        let draft = coldest(
            images,
            uses(["a": 9, "b": 8]),
            [policy(.init(isNone: true))],
            needed: 10
        )
        #expect(draft.items.map(\.subject) == ["a"])
    }

    @Test func withoutAPolicyOrARuleOrKnowledgeAllStay() {
        let known = uses(["a": 9, "b": 9, "c": 9])
        #expect(coldest(three, known, []).kept == ["noPolicy": 3])
        #expect(coldest(three, known, [policy(.init())]).kept == ["noKeepRule": 3])
        let unknown = coldest(three, [:], [policy(.init(isNone: true))])
        #expect(unknown.kept == ["historyIncomplete": 3])
        let foreign = Policy(name: "p", keep: .init(isNone: true), mode: .enforce)
        #expect(coldest(three, known, [foreign]).kept == ["noPolicy": 3])
    }

    // Who has just begun to look has seen nothing being used, and that proves nothing.
    @Test func whatWasFirstSeenAShortWhileAgoStays() {
        let young = uses(["a": 0, "b": 0, "c": 0], seen: 0)
        #expect(coldest(three, young, [policy(.init(isNone: true))]).kept == ["freshPush": 3])
    }

    @Test func eachRuleProtects() throws {
        let known = uses(["a": 3, "b": 9, "c": 12])
        let accessed = policy(.init(accessed: .init(atLeast: 1, within: .days(7))))
        #expect(coldest(three, known, [accessed]).items.map(\.subject) == ["c", "b"])
        let named = policy(.init(tags: [try #require(NamePattern("1"))]))
        #expect(coldest(three, known, [named]).kept == ["tagPattern": 3])
        let newest = policy(.init(newest: 1))
        #expect(coldest(three, known, [newest]).kept == ["newest": 3])
        let used = coldest(
            three,
            known,
            [policy(.init(isNone: true))],
            containers: [container("b")]
        )
        #expect(used.items.map(\.subject) == ["c", "a"])
    }

    @Test func labelsProtect() throws {
        let images = [
            image("a", ["team/a:1"], labels: ["tier": "prod-eu"]),
            image("b", ["team/b:1"], labels: ["tier": "test"]),
            image("c", ["team/c:1"], labels: ["keep": ""]),
        ]
        let patterns = try ["keep", "tier=prod*"].map { try #require(LabelPattern($0)) }
        let known = uses(["a": 9, "b": 9, "c": 9])
        let draft = coldest(images, known, [policy(.init(labels: patterns))])
        #expect(draft.items.map(\.subject) == ["b"])
        #expect(draft.kept == ["label": 2])
    }

    // Each repository has versions of its own, and a tag that is none is not protected by them.
    @Test func theNewestVersionsAreProtected() throws {
        let images = [
            image("a", ["team/a:1.2.3"]), image("b", ["team/a:1.2.4"]),
            image("c", ["team/a:2.0.0"]), image("d", ["team/b:1.0.0"]), image("e", ["team/b:main"]),
        ]
        let known = uses(["a": 9, "b": 9, "c": 9, "d": 9, "e": 8])
        let rule = Policy.VersionRule(majors: 2, minors: 1)
        let two = coldest(images, known, [policy(.init(versions: rule))])
        #expect(two.items.map(\.subject) == ["a", "e"])
        #expect(two.kept == ["version": 3])
        let one = Policy.VersionRule(majors: 1, minors: nil)
        let newest = coldest(images, known, [policy(.init(versions: one))])
        #expect(newest.items.map(\.subject) == ["a", "b", "e"])
    }

    // An image with two tags goes only when both may.
    @Test func everyTagOfAnImageMustBeCondemned() throws {
        let images = [
            image("a", ["team/a:1", "team/a:keep"]), image("b", ["team/b:1", "other/b:1"]),
        ]
        let known = uses(["a": 9, "b": 9])
        let keep = policy(.init(tags: [try #require(NamePattern("keep"))]), ["team/**"])
        let draft = coldest(images, known, [keep])
        #expect(draft.items.isEmpty)
        #expect(draft.kept == ["tagPattern": 1, "noPolicy": 1])
    }
}
