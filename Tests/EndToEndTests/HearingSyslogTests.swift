import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// A proxy's access log by syslog: nginx before a registry that sends no notifications.
    @Suite(.serialized) struct SyslogTests {
        // The registry is heard through the log alone, whole and exact.
        @Test func whatNginxSendsIsWhatWasPulled() async throws {
            let scene = try await SyslogScene.start()
            try await scene.pushAndPull()
            try await scene.expectExactCounts()
            try await scene.expectCoverage()

            let sources = try await scene.daemon.run("sources").output
            let socket = sources.split(separator: "\n").first { $0.contains(scene.address) }
            let line = try #require(socket, "\(sources)")
            #expect(line.contains(" lines, 0 dropped"))
            let check = try await scene.daemon.run("check")
            #expect(check.output.contains("ok  registry local: by \(scene.address): "))
        }

        // Through a relay, in either framing and either form of header.
        @Test(arguments: [
            (Rsyslog.Framing.newline, "RSYSLOG_ForwardFormat"),
            (.octetCounted, "RSYSLOG_SyslogProtocol23Format"),
        ])
        func aRelayDeliversWhatWasPulled(
            _ framing: Rsyslog.Framing,
            _ template: String
        ) async throws {
            let scene = try await SyslogScene.start(through: framing, template: template)
            try await scene.pushAndPull()
            try await scene.expectExactCounts()
            try await scene.expectCoverage()
        }

        // What a relay keeps while lastpull is away comes when it is back, each line once.
        @Test func aRelayDeliversItsQueueLater() async throws {
            let scene = try await SyslogScene.start(through: .octetCounted)
            try await scene.pushAndPull()
            try await scene.expectExactCounts()

            try await scene.daemon.terminate()
            // A line that is equal to one of the very second of the end would be taken for it.
            let end = Date()
            try await eventually("the second is over") { Date() >= end + 1 }
            for _ in 0..<3 { try await scene.pull("team/api:v1") }
            try await scene.pull("team/web:v1")
            try await scene.daemon.start()
            try await scene.expectExactCounts()
        }

        // A relay that is stopped writes its queue to the disk. What it was about to send it sends
        // twice then, and what it had written to a closed connection is gone: at most one line each.
        @Test func aRelaysQueueOutlivesIt() async throws {
            let scene = try await SyslogScene.start(through: .octetCounted)
            try await scene.pushAndPull()
            try await scene.expectExactCounts()

            try await scene.daemon.terminate()
            let end = Date()
            try await eventually("the second is over") { Date() >= end + 1 }
            // The line that is lost is not one of those that are counted.
            _ = try await LoopbackHTTP.get("\(scene.proxy.url)/v2/")
            for _ in 0..<3 { try await scene.pull("team/web:v1") }
            try await scene.relay?.stop()
            try await scene.relay?.start()
            try await scene.pull("team/api:v1")
            try await scene.daemon.start()
            try await scene.pull("team/api:v1")
            for image in ["team/api:v1", "team/web:v1"] {
                let parts = image.split(separator: ":").map(String.init)
                let expected = scene.proxy.reads(of: parts[0], parts[1])
                try await eventually("\(expected) reads of \(image)", within: .seconds(40)) {
                    try await scene.daemon.explain(image).accesses >= expected
                }
                #expect(try await scene.daemon.explain(image).accesses <= expected + 1)
            }
        }

        // A relay that is down takes nothing, and its silence is not taken for disuse.
        @Test func aRelayThatIsDownIsSilence() async throws {
            let scene = try await SyslogScene.start(
                through: .newline,
                policies: HearingScene.removesUnpulled
            )
            try await scene.push("team/api:v1", seed: 60)
            try await scene.push("team/api:v2", seed: 61)
            try await scene.pull("team/api:v1")
            try await scene.expectCoverage()
            try await scene.expectPlan { $0.images == ["team/api:v2"] }

            try await scene.relay?.stop()
            try await scene.pull("team/api:v2")
            try await scene.expectPlan { $0.isHeldBack }
            try await eventually("check tells it", within: .seconds(40)) {
                let check = try await scene.daemon.run("check")
                return check.status == 1 && check.output.contains("not heard since")
            }
        }

        // Whoever may send can lie. A lie keeps; it never lets go.
        @Test func liesKeepAndNeverLetGo() async throws {
            let scene = try await SyslogScene.start(policies: HearingScene.removesUnpulled)
            let digest = try await scene.push("team/api:v1", seed: 62)
            try await scene.push("team/api:v2", seed: 63)
            try await scene.pull("team/api:v1")
            try await scene.expectCoverage()
            try await scene.expectPlan { $0.images == ["team/api:v2"] }
            let before = try await scene.daemon.statistics()

            try await scene.lie("DELETE", "team/api", "\(digest)", 202)
            try await scene.lie("DELETE", "team/api", "v1", 202)
            try await scene.lie("PUT", "team/api", "v2", 201)
            try await scene.lie("GET", "team/api", "v9", 200)
            try await scene.lie("GET", "nobody/nothing", "v1", 200)
            try await scene.lie("PUT", "nobody/nothing", "v1", 201)
            // The push of v2 counts as a use of it, though not as a pull.
            try await scene.lie("GET", "team/api", "v1", 200)
            let count = scene.proxy.reads(of: "team/api", "v1") + 1
            try await eventually("the last line counts") {
                try await scene.daemon.explain("team/api:v1").accesses >= count
            }
            try await scene.expectPlan { $0.images == ["team/api:v2"] }
            let after = try await scene.daemon.statistics()
            #expect(after.repositories == before.repositories)
            #expect(after.manifests == before.manifests)
        }
    }
}

/// A registry without notifications, nginx before it, and lastpull, which hears nginx by syslog.
struct SyslogScene {
    let registry: RealRegistry
    let proxy: LoggingProxy
    let relay: Rsyslog?
    let daemon: LastpullDaemon
    /// The socket, as the settings name it.
    let address: String

    static func start(
        through framing: Rsyslog.Framing? = nil,
        template: String = "RSYSLOG_ForwardFormat",
        policies: String = HearingScene.onlyReads
    ) async throws -> SyslogScene {
        let port = try LoopbackPort.free()
        let relay = try framing.map {
            try Rsyslog(sendingTo: port, framing: $0, template: template)
        }
        try await relay?.start()
        let registry = try await RealRegistry.start()
        let proxy = try await LoggingProxy(
            before: registry.url,
            sendingTo: relay?.port ?? port
        )
        let address = "\(relay == nil ? "udp" : "tcp")://127.0.0.1:\(port)"
        let daemon = try LastpullDaemon()
        try await daemon.start(
            settings: """
                registries:
                  - name: local
                    url: "\(registry.url)"
                    probeUrl: "\(proxy.url)"
                    probe: 500ms
                    gapTolerance: 6s
                    trustHistoryFrom: \(twoDaysAgo)
                    logs: [{ syslog: "\(address)" }]
                policies:
                \(policies)
                """
        )
        return SyslogScene(
            registry: registry,
            proxy: proxy,
            relay: relay,
            daemon: daemon,
            address: address
        )
    }

    private static var twoDaysAgo: String {
        Date(timeIntervalSinceNow: -2 * 86_400).formatted(.iso8601.year().month().day())
    }

    @discardableResult
    func push(_ image: String, seed: UInt64) async throws -> Digest {
        var folder = try ImageFolder()
        try folder.addImage(tag: "pushed", layers: [.random(2_000, seed: seed)])
        return try await Skopeo.push(folder, tag: "pushed", to: "\(proxy.host)/\(image)")
    }

    func pull(_ image: String) async throws {
        try await Skopeo.pull("\(proxy.host)/\(image)")
    }

    /// Three images; one is pulled five times, one once, one never.
    func pushAndPull() async throws {
        try await push("team/api:v1", seed: 50)
        try await push("team/api:v2", seed: 51)
        try await push("team/web:v1", seed: 52)
        for _ in 0..<5 { try await pull("team/api:v1") }
        try await pull("team/web:v1")
    }

    /// Waits until the ledger has counted what nginx has written down, no more and no less.
    func expectExactCounts() async throws {
        for image in ["team/api:v1", "team/web:v1", "team/api:v2"] {
            let parts = image.split(separator: ":").map(String.init)
            let expected = proxy.reads(of: parts[0], parts[1])
            try await eventually("\(expected) reads of \(image)", within: .seconds(40)) {
                let counted = try await daemon.explain(image).accesses
                guard counted == expected else { throw HarnessError("counted \(counted)") }
                return true
            }
        }
        #expect(proxy.reads(of: "team/api", "v1") >= 5)
        #expect(proxy.reads(of: "team/api", "v2") == 0)
        let sources = try await daemon.statistics().sources
        let source = try #require(sources.first { $0.source == "log" })
        #expect(source.rejected == 0 && source.duplicates == 0)
    }

    /// Waits until the probe has come back through the log.
    func expectCoverage() async throws {
        try await eventually("the log covers", within: .seconds(40)) {
            let text = try await daemon.run("sources").output
            guard text.contains("every access is known since") else { throw HarnessError(text) }
            return true
        }
    }

    /// Waits until the plan is as it should be.
    func expectPlan(_ isRight: (PlanAnswer) -> Bool) async throws {
        try await eventually("the plan is right", within: .seconds(40)) {
            let plan = try await daemon.plan()
            guard isRight(plan) else {
                throw HarnessError("the plan has \(plan.images); kept \(plan.keptReasons)")
            }
            return true
        }
    }

    /// Says that a request was made that never was.
    func lie(
        _ method: String,
        _ repository: String,
        _ reference: String,
        _ status: Int
    ) async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        let line =
            "<190>Mar  4 05:06:07 edge1 nginx: 10.20.30.40 - - [\(formatter.string(from: Date()))] "
            + "\"\(method) /v2/\(repository)/manifests/\(reference) HTTP/1.1\" \(status) 9 \"-\" "
            + "\"containerd/v2.0.2\""
        guard let port = address.split(separator: ":").last.flatMap({ Int($0) }) else { return }
        try LoopbackDatagram.send(Array(line.utf8), to: port)
    }
}
