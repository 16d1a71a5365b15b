import Daemon
import Foundation
import RegistryClients
import RegistryModel
import Testing

/// What an engine's events say of the registries that its images come from.
struct EngineUseTests {
    private static func use() throws -> EngineUse {
        let settings = try SettingsSamples.parse(
            """
            registries:
              - { name: team, url: "https://registry.example.test" }
              - { name: near, url: "http://127.0.0.1:5000", probeUrl: "https://near.test" }
              - { name: hub, url: "https://registry-1.docker.io" }
            """
        )
        return EngineUse(engine: "node", registries: settings.registries)
    }

    private static func found(_ event: EngineEvent) throws -> [String] {
        try use().accesses(EngineUse.names(in: event), at: event.time, occasion: "x").map {
            "\($0.registry) \($0.access.repository):\($0.access.tag?.description ?? "-")"
        }.sorted()
    }

    // Docker's two forms, its records of RFC 7464, and Podman's.
    @Test(arguments: [
        "docker-events-api152.jsonl", "docker-events-legacy.jsonl", "docker-events.json-seq",
        "podman-compat-events.jsonl",
    ])
    func aPullIsAUse(_ name: String) throws {
        let bytes = try SettingsSamples.bytes("engine/\(name)")
        var framing = EngineEventFraming()
        let events = try framing.take(bytes + [10]).compactMap { EngineEvent(json: $0) }
        let uses = events.filter(EngineUse.isUse)
        #expect(uses.count == 1)
        #expect(try Self.found(try #require(uses.first)) == ["team team/api:1.4.2"])
    }

    private static func container(_ action: String, _ image: String) -> EngineEvent {
        EngineEvent(
            type: "container",
            action: action,
            actor: "4f6d",
            attributes: ["image": image, "name": "web"],
            time: Timestamp(milliseconds: 1),
            nanoseconds: 1_000_000
        )
    }

    @Test(arguments: [
        ("localhost:5000/team/api:v1", ["near team/api:v1"]),
        ("near.test/team/api", ["near team/api:latest"]),
        ("nginx", ["hub library/nginx:latest"]),
        ("elsewhere.test/team/api:v1", []),
        ("924e5bcab40a52d8", []),
    ])
    func aContainerIsAUseOfItsImage(_ image: String, _ expected: [String]) throws {
        for action in ["create", "start"] {
            let event = Self.container(action, image)
            #expect(EngineUse.isUse(event))
            #expect(try Self.found(event) == expected)
        }
        #expect(!EngineUse.isUse(Self.container("die", image)))
    }

    // Replayed after a reconnect, an event is the same; a later one is another.
    @Test func anEventIsCountedOnce() throws {
        let use = try Self.use()
        func key(_ occasion: String) -> EventKey? {
            use.accesses(["nginx"], at: Timestamp(milliseconds: 1), occasion: occasion)
                .first?.access.key
        }
        #expect(key("start 1") == key("start 1"))
        #expect(key("start 1") != key("start 2"))
    }
}

/// Whether events of an engine are missing.
struct EngineContinuityTests {
    @Test(
        arguments: [
            // Nothing was heard before.
            (nil, nil, nil, 0, EngineContinuity.Answer.whole),
            (nil, nil, 7, 300, .whole),
            // The last one that was heard comes first.
            (5, nil, 5, 1, .whole),
            (5, Span.hours(9), 5, 256, .whole),
            // More came than are kept.
            (5, Span.seconds(1), 6, 256, .lost),
            // A new engine knows nothing of the old one's.
            (5, Span.seconds(9), 6, 3, .restarted),
            (5, Span.seconds(9), nil, 0, .restarted),
            // Nobody looked for too long.
            (5, Span.minutes(9), 6, 3, .lost),
            (5, nil, nil, 0, .lost),
        ] as [(Int64?, Span?, Int64?, Int, EngineContinuity.Answer)]
    )
    func whatIsMissingIsKnown(
        _ last: Int64?,
        _ absence: Span?,
        _ first: Int64?,
        _ count: Int,
        _ answer: EngineContinuity.Answer
    ) {
        let continuity = EngineContinuity(last: last, absence: absence)
        #expect(continuity.judge(first: first, count: count) == answer)
    }
}

/// What a registry's answer makes of what was only heard of.
struct HearsayProofTests {
    private static let (old, new) = (Digest(hashing: [1]), Digest(hashing: [2]))

    private static func access(_ accessClass: AccessClass, _ digest: Digest? = nil) throws -> Access
    {
        Access(
            key: EventKey(high: 1, low: 2),
            time: Timestamp(milliseconds: 1),
            class: accessClass,
            repository: try #require(RepositoryName("team/api")),
            digest: digest,
            tag: TagName("v1"),
            address: "10.0.0.1",
            userAgent: "docker/1"
        )
    }

    @Test func whatTheRegistryDoesNotKnowIsIgnored() throws {
        let proof = HearsayProof(found: nil, known: Self.old)
        for accessClass in [AccessClass.pull, .resolve, .push] {
            let (proven, heard) = proof.judge(try Self.access(accessClass))
            #expect(proven.isEmpty && heard.isEmpty)
        }
    }

    @Test func aDeleteIsTrueOfWhatIsGone() throws {
        let delete = try Self.access(.delete)
        #expect(HearsayProof(found: nil, known: Self.old).judge(delete).proven == [delete])
        #expect(HearsayProof(found: Self.old, known: Self.old).judge(delete).proven.isEmpty)
        // Of what was never there, nothing is worth writing down.
        #expect(HearsayProof(found: nil, known: nil).judge(delete).proven.isEmpty)
    }

    // It must take back nobody's reads, and an old tag must not pass for the newest.
    @Test func aPushIsOneOnlyWhenSomethingChanged() throws {
        let push = try Self.access(.push)
        let new = HearsayProof(found: Self.new, known: Self.old).judge(push).proven
        #expect(new.map(\.class) == [.push] && new.first?.digest == Self.new)
        #expect(new.first?.address == nil && new.first?.userAgent == nil)
        let same = HearsayProof(found: Self.old, known: Self.old).judge(push).proven
        #expect(same.map(\.class) == [.resolve])
    }

    @Test func aReadOfATagThatMovedIsAUseOfBoth() throws {
        let proof = HearsayProof(found: Self.new, known: Self.new)
        let (proven, heard) = proof.judge(try Self.access(.pull, Self.old))
        #expect(proven.map(\.digest) == [Self.new])
        #expect(heard.map(\.digest) == [Self.old] && heard.first?.tag == nil)
        #expect(heard.first?.key != proven.first?.key)
    }
}
