import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// What a node uses is in use in the registry.
    @Suite(.serialized) struct NodeTests {
        // The registry hears nothing of a container that is made of an image that is there already.
        @Test(arguments: [RealEngine.Kind.docker, .podman])
        func aContainerProtectsItsImage(_ kind: RealEngine.Kind) async throws {
            try await NodeScene.run(kind) { scene in
                try await scene.push(["v1", "v2", "v3"])
                try await scene.expectPlan(["team/api:v1", "team/api:v2", "team/api:v3"])

                try await scene.create("one", of: "v1")
                try await scene.expectPlan(["team/api:v2", "team/api:v3"])
                #expect(try await scene.daemon.explain("team/api:v1").reason == "accessed")

                // What happened while lastpull was away, and is over, is in the engine's memory.
                try await scene.daemon.terminate()
                try await scene.create("two", of: "v2")
                try await scene.engine.docker("rm", "two")
                try await scene.daemon.start()
                try await scene.expectPlan(["team/api:v3"])
                #expect(try await scene.losses().isEmpty)
            }
        }

        // A pull by the engine is one pull, though the registry reports it, too.
        @Test func aPullIsNotCountedTwice() async throws {
            try await NodeScene.run(.docker) { scene in
                try await scene.push(["v1"])
                try await scene.engine.docker("rmi", scene.image("v1"))
                try await scene.engine.docker("pull", scene.image("v1"))
                try await scene.create("one", of: "v1")
                try await eventually("the container counts") {
                    try await scene.daemon.run("sources").output.contains("by engine: ")
                }
                let pulls = scene.registry.accessLog.split(separator: "\n").count { line in
                    line.contains("\"GET /v2/team/api/manifests/") && line.contains(" 200 ")
                        && !line.contains("lastpull/")
                }
                #expect(pulls >= 1)
                try await eventually("pull and container are heard") {
                    try await scene.daemon.explain("team/api:v1").accesses == max(pulls, 2)
                }
            }
        }

        // An engine has forgotten what it did more than 256 events ago: all that it has may be used,
        // and the registry's history has a gap.
        @Test func whatAnEngineHasForgottenIsAGap() async throws {
            try await NodeScene.run(.docker) { scene in
                try await scene.push(["v1", "v2"])
                try await scene.expectPlan(["team/api:v1", "team/api:v2"])
                try await scene.daemon.terminate()
                for _ in 0..<140 {
                    try await scene.engine.docker("tag", scene.image("v1"), "elsewhere.test/x:y")
                    try await scene.engine.docker("rmi", "elsewhere.test/x:y")
                }
                try await scene.daemon.start()
                try await eventually("a gap is noted", within: .seconds(40)) {
                    try await scene.losses().contains { $0.contains("engine node has forgotten") }
                }
                try await eventually("both images count as used", within: .seconds(20)) {
                    let counts = [
                        try await scene.daemon.explain("team/api:v1").accesses,
                        try await scene.daemon.explain("team/api:v2").accesses,
                    ]
                    return counts.allSatisfy { $0 > 0 }
                }
                #expect(try await scene.daemon.plan().images == [])
            }
        }
    }
}

/// A registry that reports everything, lastpull, and an engine that uses images of it.
private struct NodeScene {
    let registry: RealRegistry
    let daemon: LastpullDaemon
    let engine: RealEngine

    static func run(
        _ kind: RealEngine.Kind,
        body: (NodeScene) async throws -> Void
    ) async throws {
        let daemon = try LastpullDaemon()
        let registry = try await RealRegistry.start(
            .init(endpoints: [.init(url: daemon.hook("local"))])
        )
        try await RealEngine.with(kind, trusting: [registry.host]) { engine in
            // An engine that has done nothing yet could just as well have forgotten everything.
            try await importImage("elsewhere.test/before:v1", "before", engine)
            try await daemon.start(
                settings: """
                    registries:
                      - name: local
                        url: "\(registry.url)"
                        probe: 500ms
                        gapTolerance: 10s
                        trustHistoryFrom: \(twoDaysAgo)
                    engines: [{ name: node, socket: \(engine.socket) }]
                    policies:
                    \(HearingScene.removesUnpulled)
                    """
            )
            try await eventually("the engine is heard") {
                daemon.log.contains("engine is heard")
            }
            try await body(NodeScene(registry: registry, daemon: daemon, engine: engine))
        }
    }

    private static var twoDaysAgo: String {
        Date(timeIntervalSinceNow: -2 * 86_400).formatted(.iso8601.year().month().day())
    }

    func image(_ tag: String) -> String { "\(registry.host)/team/api:\(tag)" }

    func push(_ tags: [String]) async throws {
        for tag in tags {
            try await Self.importImage(image(tag), tag, engine)
            try await engine.docker("push", image(tag))
        }
    }

    private static func importImage(
        _ name: String,
        _ words: String,
        _ engine: RealEngine
    ) async throws {
        let folder = try TemporaryFolder()
        try folder.write(words, to: "content/words")
        let archive = folder.file("image.tar")
        guard let tar = Command.find("tar") else { throw HarnessError("no tar on PATH") }
        let packed = try await Command.run(
            tar,
            ["-C", folder.file("content"), "-cf", archive, "."]
        )
        guard packed.status == 0 else { throw HarnessError("tar: \(packed.errors)") }
        try await engine.docker("import", archive, name)
    }

    func create(_ name: String, of tag: String) async throws {
        try await engine.docker(
            "create",
            "--network",
            "none",
            "--name",
            name,
            image(tag),
            "/nothing"
        )
    }

    /// Waits until exactly these images would go.
    func expectPlan(_ images: [String]) async throws {
        try await eventually("\(images) would go", within: .seconds(40)) {
            let plan = try await daemon.plan()
            guard plan.images == images else {
                throw HarnessError("the plan has \(plan.images); kept \(plan.keptReasons)")
            }
            return true
        }
    }

    /// Why something is missing of the history.
    func losses() async throws -> [String] {
        try await daemon.run("sources").output.split(separator: "\n")
            .filter { $0.contains("missing from") && !$0.contains("was not running") }
            .map(String.init)
    }
}
