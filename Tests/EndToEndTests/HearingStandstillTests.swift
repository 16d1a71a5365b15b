import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// A daemon that is stopped for a while, and a forwarder that does not wait for it.
    @Suite(.serialized, .enabled(if: LoggingProxy.isInstalled, "needs nginx-light"))
    struct StandstillTests {
        // The pull was told of while nobody listened, and is never told again.
        @Test func whatAForwarderDroppedMeanwhileIsNotTakenForSilence() async throws {
            let scene = try await Scene()
            for (index, tag) in ["v1", "v2"].enumerated() {
                try await scene.push("team/api:\(tag)", seed: 90 + UInt64(index))
            }
            try await scene.pull("v1")
            try await scene.forward()
            try await eventually("v2 alone would go", within: .seconds(60)) {
                try await scene.forward()
                return try await scene.daemon.plan().images == ["team/api:v2"]
            }

            await scene.daemon.send(SIGSTOP)
            try await scene.pull("v2")
            let isTaken = try await scene.forward(isHuge: true)
            #expect(!isTaken)
            // Longer than a standstill that is none, and than the tolerance.
            try await Task.sleep(for: .seconds(24))
            await scene.daemon.send(SIGCONT)

            for round in 1...20 {
                try await scene.forward()
                let plan = try await scene.daemon.plan()
                #expect(plan.items.isEmpty, "round \(round): \(plan.images) would go")
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await scene.daemon.explain("team/api:v2").accesses == 0)
            #expect(scene.daemon.log.contains("lastpull stood still"))
            // Probes come back again, which proves the time since.
            try await eventually("it is heard again", within: .seconds(30)) {
                try await scene.forward()
                let since = try await scene.daemon.explain("team/api:v2").coveredSince
                return since.map { $0 > scene.began } ?? false
            }
            #expect(try await scene.daemon.plan().isHeldBack)
        }
    }
}

/// A registry behind nginx, whose log a forwarder sends that asks twice, two seconds each, and then
/// drops what it has.
private actor Scene {
    nonisolated let daemon: LastpullDaemon
    nonisolated let registry: RealRegistry
    nonisolated let proxy: LoggingProxy
    nonisolated let began = Int64(Date().timeIntervalSince1970 * 1_000)
    private var position = 0

    init() async throws {
        daemon = try LastpullDaemon()
        registry = try await RealRegistry.start(.init(endpoints: []))
        // Nobody listens there: the forwarder is the test's own.
        proxy = try await LoggingProxy(
            before: registry.url,
            sendingTo: try LoopbackPort.free()
        )
        let yesterday = Date(timeIntervalSinceNow: -2 * 86_400)
            .formatted(.iso8601.year().month().day())
        try await daemon.start(
            settings: """
                registries:
                  - { name: local, url: "\(registry.url)", probeUrl: "\(proxy.url)", probe: 500ms,
                      gapTolerance: 6s, trustHistoryFrom: \(yesterday) }
                policies:
                \(HearingScene.removesUnpulled)
                """
        )
    }

    nonisolated func push(_ image: String, seed: UInt64) async throws {
        var folder = try ImageFolder()
        try folder.addImage(tag: "pushed", layers: [.random(2_000, seed: seed)])
        _ = try await Skopeo.push(folder, tag: "pushed", to: "\(proxy.host)/\(image)")
    }

    nonisolated func pull(_ tag: String) async throws {
        let answer = try await LoopbackHTTP.get(
            "\(proxy.url)/v2/team/api/manifests/\(tag)",
            headers: ["User-Agent": "containerd/v2.0.2", "Accept": MediaType.ociManifest]
        )
        try #require(answer.status == 200)
    }

    /// Sends what is new in the log; false where it was dropped.
    ///
    /// A huge chunk, as of a busy registry, does not fit into the kernel's buffers, where it would wait
    /// for a reader.
    @discardableResult
    func forward(isHuge: Bool = false) async throws -> Bool {
        let log = Array(proxy.accessLog.utf8)
        guard let end = log.lastIndex(of: UInt8(ascii: "\n")), end >= position else { return true }
        var chunk = String(decoding: log[position...end], as: UTF8.self)
        position = end + 1
        if isHuge {
            let filler = "10.0.0.9 - - [01/Jan/2026:00:00:00 +0000] \"GET /v2/ HTTP/1.1\" 200 2\n"
            chunk = String(repeating: filler, count: 150_000) + chunk
        }
        let folder = try TemporaryFolder()
        let curl = try #require(Command.find("curl"))
        for _ in 1...2 {
            let sent = try await Command.run(
                curl,
                [
                    "-sf", "-m", "2", "-H", "Content-Type: text/plain", "--data-binary",
                    "@\(folder.write(chunk, to: "chunk"))", "\(daemon.url)/logs/local",
                ]
            )
            if sent.status == 0 { return true }
        }
        return false
    }
}
