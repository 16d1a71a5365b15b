import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// `GET /metrics` (design, section 6.3).
    struct Metrics {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            await registry.notify(url: lastpull.hook("local"))
        }

        private func metrics(_ headers: [String: String] = [:]) async throws -> String {
            let answer = try await LoopbackHTTP.get("\(lastpull.url)/metrics", headers: headers)
            try #require(answer.status == 200, "\(answer.text)")
            #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            return answer.text
        }

        /// The number in the line that begins so.
        private func value(_ name: String) async throws -> Double? {
            try await metrics().split(separator: "\n").first { $0.hasPrefix("\(name) ") }
                .flatMap { Double($0.split(separator: " ").last ?? "") }
        }

        @Test func countsWhatHappened() async throws {
            let receiver = try await WebhookReceiver.start()
            var settings = CleaningSettings(url: registry.url)
            settings.triggers = ["{ name: full, registry: local, tags: 1000, until: 900 }"]
            try await lastpull.start(
                settings: settings.text
                    + "\npublish: [{ webhook: '\(receiver.url)', name: ops, headers: { A: b } }]"
            )
            try await registry.push("team/app", "v1", seed: 1, bytes: 50_000)
            try await registry.push("team/app", "v2", seed: 2, bytes: 50_000)
            try await lastpull.knows("team/app:v2")
            try await registry.pull("team/app", "v1")
            try await lastpull.counts(1, of: "team/app:v1")
            #expect(
                try await value(
                    #"lastpull_accesses_total{registry="local",source="events",class="push"}"#
                )
                    == 2
            )
            #expect(
                try await value(
                    #"lastpull_accesses_total{registry="local",source="events",class="pull"}"#
                )
                    == 1
            )
            #expect(try await value(#"lastpull_tags{registry="local"}"#) == 2)
            #expect(try await value(#"lastpull_trigger_runs_total{trigger="full"}"#) == 0)

            let run = try await lastpull.report("clean")
            #expect(run.items.count == 2)
            #expect(try await value(#"lastpull_runs{cause="clean",state="done"}"#) == 1)
            let tags = #"{registry="local",type="tag"}"#
            #expect(try await value("lastpull_pruned_items_total\(tags)") == 2)
            #expect(try await value("lastpull_released_bytes_total\(tags)") == Double(run.released))
            #expect(try await value("lastpull_reclaimed_bytes_total\(tags)") == 0)
            let events = #"{registry="local",type="tag",action="prune"}"#
            #expect(try await value("lastpull_events_total\(events)") == 1)
            #expect(try await value(#"lastpull_tags{registry="local"}"#) == 0)
            try await eventually("the webhook took all") {
                let delivered = try await value(
                    #"lastpull_webhook_deliveries_total{webhook="ops"}"#
                )
                let pending = try await value(#"lastpull_webhook_pending{webhook="ops"}"#)
                return (delivered ?? 0) >= 1 && pending == 0
            }
            #expect(try await value(#"lastpull_webhook_up{webhook="ops"}"#) == 1)
            #expect(try await value(#"lastpull_probe_up{registry="local"}"#) == 1)
            #expect(try await (value("lastpull_ledger_bytes") ?? 0) > 100_000)
            // A repository's name would be one number for each of thousands.
            #expect(try await !metrics().contains("team/"))
            try await lastpull.terminate()
            await receiver.stop()
            await registry.stop()
        }

        @Test(.enabled(if: Command.find("promtool") != nil, "needs promtool on PATH"))
        func prometheusOwnCheckerFindsNothing() async throws {
            let promtool = try #require(Command.find("promtool"))
            try await lastpull.start(settings: CleaningSettings(url: registry.url).text)
            try await registry.push("team/app", "v1", seed: 1)
            try await lastpull.knows("team/app:v1")
            try await lastpull.report("clean")
            let text = try await metrics()
            let result = try await Command.run(promtool, ["check", "metrics"], input: text)
            #expect(result.status == 0)
            #expect(result.output.isEmpty && result.errors.isEmpty, "\(result)")
            #expect(text.split(separator: "\n").count > 60)
            try await lastpull.terminate()
            await registry.stop()
        }

        @Test func theReadTokenIsAskedFor() async throws {
            let folder = try TemporaryFolder()
            let token = try folder.write("t0ken", to: "token")
            try await lastpull.start(
                settings: CleaningSettings(url: registry.url).text
                    + "\naccess: { read: { tokenFile: \(token) } }"
            )
            #expect(try await metrics(["Authorization": "Bearer t0ken"]).contains("lastpull_"))
            let curl = try #require(Command.find("curl"))
            let refused = try await Command.run(
                curl,
                ["-s", "-o", "/dev/null", "-w", "%{http_code}", "\(lastpull.url)/metrics"]
            )
            #expect(refused.output == "401")
            try await lastpull.terminate()
            await registry.stop()
        }
    }
}
