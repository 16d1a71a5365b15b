import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// Deliveries that are wrong, hostile or huge.
    @Suite(.serialized) struct BadInputTests {
        // Something was said that nobody understood: it may have been a pull of anything.
        @Test func anUndecodableBodyHoldsBackWhatWouldGo() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.removesUnpulled)
            try await scene.push("team/api:v1", seed: 50)
            try await scene.everythingIsHeard()
            try await scene.expectPlan(["team/api:v1"])

            let counts = try await scene.daemon.deliver(#"{"events":[{"action":"pu"#)
            #expect(counts == DeliveryCounts(rejected: 1))
            // Not even when the next probes have come back: the loss stays within the window.
            for _ in 0..<3 {
                try await scene.everythingIsHeard()
                let plan = try await scene.daemon.plan()
                #expect(plan.isHeldBack, "\(plan.images) would go; kept \(plan.keptReasons)")
            }
            let check = try await scene.daemon.run("check")
            #expect(check.output.contains("1 not understood"), "\(check.output)")
            // Why, it is said once.
            let losses = check.output.split(separator: "\n").filter { $0.contains("known loss") }
            #expect(losses.count == 2, "\(check.output)")
            #expect(losses.count { $0.contains("it ends early") } == 1, "\(check.output)")
        }

        // A name becomes a path in a request, and on a disk.
        @Test(arguments: ["../../etc", "/etc/passwd", "a/../b", "UPPER", "a//b", "..", ""])
        func aRepositoryNameOutsideTheGrammarIsRejected(_ name: String) async throws {
            let daemon = try await Self.daemonOfNobody()
            let body = HearingEnvelope.envelope([HearingEnvelope.event(repository: name)])
            #expect(try await daemon.deliver(body) == DeliveryCounts(rejected: 1))
            let statistics = try await daemon.statistics()
            #expect(statistics.repositories == 0 && statistics.manifests == 0)
        }

        // The sender's clock may be anywhere; that the image is used now is certain.
        @Test func impossibleTimesCountAtReceipt() async throws {
            let daemon = try await Self.daemonOfNobody()
            let before = Date(timeIntervalSinceNow: -0.001)
            let times = ["1970-01-01T00:00:00Z", "2999-12-31T23:59:59Z"]
            let body = HearingEnvelope.envelope(times.map { HearingEnvelope.event(time: $0) })
            #expect(try await daemon.deliver(body) == DeliveryCounts(accepted: 2))
            let explanation = try await daemon.explain("team/hand:v1")
            #expect(explanation.accesses == 2)
            let last = try #require(explanation.lastAccessDate)
            #expect(last >= before && last <= Date())
        }

        // Later releases may say more than this one knows.
        @Test func anUnknownActionIsIgnored() async throws {
            let daemon = try await Self.daemonOfNobody()
            let body = HearingEnvelope.envelope([
                HearingEnvelope.event(action: "levitate"), HearingEnvelope.event(),
            ])
            #expect(try await daemon.deliver(body) == DeliveryCounts(accepted: 1, ignored: 1))
        }

        // A queue that stood still for days arrives in few, large pieces.
        @Test func aHundredThousandEventsInOneBodyCount() async throws {
            let daemon = try await Self.daemonOfNobody()
            let answer = try await Curl.post(Self.pulls(100_000), to: daemon.hook("local"))
            #expect(answer.status == 202)
            #expect(answer.text.contains("\"accepted\":100000,"), "\(answer.text)")
            #expect(try await daemon.explain("team/many:v1").accesses == 100_000)
        }

        // More than can be held in memory is refused before it is, and said so.
        @Test func aMillionEventsInOneBodyAreRefused() async throws {
            let daemon = try await Self.daemonOfNobody()
            let answer = try await Curl.post(Self.pulls(1_000_000), to: daemon.hook("local"))
            #expect(answer.status == 413)
            #expect(answer.text.contains("send it in smaller parts"), "\(answer.text)")
            let body = HearingEnvelope.envelope([HearingEnvelope.event()])
            #expect(try await daemon.deliver(body) == DeliveryCounts(accepted: 1))
        }

        // A 404 or 401 stays in the sender's log, where somebody reads it.
        @Test func strangersAndUnknownRegistriesAreRefused() async throws {
            let folder = try TemporaryFolder()
            let token = try folder.write("the-token\n", to: "token")
            let daemon = try await Self.daemonOfNobody(
                "access: { ingest: { tokenFile: \(token) } }"
            )
            let body = HearingEnvelope.envelope([HearingEnvelope.event()])
            func status(_ registry: String, _ authorization: String?) async throws -> Int {
                try await Curl.post(body, to: daemon.hook(registry), authorization).status
            }
            #expect(try await status("local", nil) == 401)
            #expect(try await status("local", "Bearer another-token") == 401)
            // Without the token nobody learns which registries there are.
            #expect(try await status("absent", nil) == 401)
            #expect(try await status("absent", "Bearer the-token") == 404)
            #expect(try await daemon.statistics().sources.isEmpty)
            #expect(try await status("local", "Bearer the-token") == 202)
            #expect(try await daemon.explain("team/hand:v1").accesses == 1)
            try await Self.expectRefusalsToBeTold(daemon)
        }

        /// Of two with a missing token, one with a wrong one, and one for a registry that is not there.
        private static func expectRefusalsToBeTold(_ daemon: LastpullDaemon) async throws {
            let counted = #"lastpull_refused_total{registry="local",reason="wrongToken"} 1"#
            try await eventually("refusals are counted") {
                try await LoopbackHTTP.get("\(daemon.url)/metrics").text.contains(counted)
            }
            let metrics = try await LoopbackHTTP.get("\(daemon.url)/metrics").text
            for line in [
                #"registry="local",reason="missingToken"} 1"#,
                #"registry="local",reason="wrongSignature"} 0"#,
                #"registry="",reason="missingToken"} 1"#,
                #"registry="",reason="unknownRegistry"} 1"#,
            ] { #expect(metrics.contains("lastpull_refused_total{\(line)"), "\(line)") }
            let check = try await daemon.run("check").output
            let sources = try await daemon.run("sources").output
            let told = #"1 delivery was refused: it from 127.0.0.1 came with a wrong token"#
            let unknown = #"1 delivery was refused: it from 127.0.0.1 for "absent" was for"#
            for text in [check, sources] {
                #expect(text.contains(told) && text.contains(unknown), "\(text)")
            }
            #expect(check.contains("warning  registry local: \(told)"))
            #expect(
                !(try await daemon.run("sources", "--registry", "local").output).contains(unknown)
            )
            #expect(daemon.log.contains("address=127.0.0.1"))
            #expect(!daemon.log.contains("another-token") && !daemon.log.contains("the-token"))
        }

        /// A daemon that hears of a registry which is not there.
        private static func daemonOfNobody(_ more: String = "") async throws -> LastpullDaemon {
            let daemon = try LastpullDaemon()
            let port = try LoopbackPort.free()
            try await daemon.start(
                settings:
                    "registries: [{ name: local, url: \"http://127.0.0.1:\(port)\" }]\n\(more)"
            )
            return daemon
        }

        /// An envelope with as many pulls of one tag, as short as they come.
        private static func pulls(_ count: Int) -> String {
            let time = HearingEnvelope.now
            return HearingEnvelope.envelope(
                (0..<count).map { index in
                    #"{"id":"\#(index)","timestamp":"\#(time)","action":"pull","#
                        + #""target":{"repository":"team/many","tag":"v1"}}"#
                }
            )
        }
    }
}

/// The `curl` command: Foundation's client never returns from a 401 with two challenges, and waits
/// half a minute at most.
private enum Curl {
    static func post(
        _ body: String,
        to url: String,
        _ authorization: String? = nil
    ) async throws -> (status: Int, text: String) {
        guard let curl = Command.find("curl") else {
            throw HarnessError("no curl on PATH; install Debian's curl")
        }
        let folder = try TemporaryFolder()
        let file = try folder.write(body, to: "body")
        let field = authorization.map { ["--header", "Authorization: \($0)"] } ?? []
        let result = try await Command.run(
            curl,
            ["--silent", "--show-error", "--data-binary", "@\(file)", url] + field
                + ["--write-out", "\n%{http_code}"],
            within: .seconds(120)
        )
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        guard result.status == 0, let status = lines.last.flatMap({ Int($0) }) else {
            throw HarnessError("curl: status \(result.status): \(result.errors)")
        }
        return (status, lines.dropLast().joined(separator: "\n"))
    }
}
