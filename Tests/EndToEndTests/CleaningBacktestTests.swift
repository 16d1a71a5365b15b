import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// A policy replayed over what a log has told of the past.
    @Suite(.enabled(if: hasRegistry, registryMissing)) struct Backtesting {
        private let lastpull: LastpullDaemon
        private let registry: RealRegistry

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(.init(cache: false))
        }

        private struct Report: Decodable {
            struct Item: Decodable {
                struct Asked: Decodable { let count: Int }

                let kind: String
                let tag: String?
                let removedAt: Int64
                let bytes: Int64
                let asked: Asked?
            }

            let policy: String
            let removed: Int
            let regrets: Int
            let bytes: Int64
            let missing: [String]
            let items: [Item]
        }

        private func settings(trust: String) -> String {
            """
            registries:
              - name: local
                url: \(registry.url)
                probe: 1s
                \(trust)
            policies:
              - name: unused
                keep: { accessed: { atLeast: 1, within: 7d } }
            """
        }

        private static func day(_ ago: Double) -> Date { Date(timeIntervalSinceNow: -86_400 * ago) }

        /// A record of Azure's log, of an image that the registry really holds.
        private func record(
            _ operation: String,
            _ tag: String,
            _ digest: Digest,
            ago days: Double
        ) -> String {
            let time = Self.day(days).formatted(.iso8601)
            let status = operation == "Push" ? "201" : "200"
            return #"{"time":"\#(time)","category":"ContainerRegistryRepositoryEvents","#
                + #""operationName":"\#(operation)","identity":"ci","resultDescription":"\#(status)","#
                + #""callerIpAddress":"203.0.113.18","correlationId":"\#(UUID())","#
                + #""properties":{"tag":"\#(tag)","digest":"\#(digest)","repository":"team/app","#
                + #""mediaType":"application/vnd.oci.image.manifest.v1+json","#
                + #""userAgent":"containerd/v2.0.2"}}"#
        }

        private func backtest() async throws -> Report {
            let result = try await lastpull.run("backtest", "unused", "--over", "15d", "--json")
            #expect(result.status == 0, "\(result.output) \(result.errors)")
            return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        }

        /// Two images of twenty days ago: one was pulled all the time, one again after two weeks.
        private func tellThePast() async throws {
            let slow = try await registry.push("team/app", "slow", seed: 1)
            let busy = try await registry.push("team/app", "busy", seed: 2)
            var records = [
                record("Push", "slow", slow, ago: 20), record("Push", "busy", busy, ago: 20),
                record("Pull", "slow", slow, ago: 18), record("Pull", "slow", slow, ago: 2),
            ]
            for days in 1...19 { records.append(record("Pull", "busy", busy, ago: Double(days))) }
            let counts = try await lastpull.deliver(
                records.joined(separator: "\n"),
                to: "logs/local"
            )
            #expect(counts.accepted == records.count)
            try await eventually("the manifests are read", within: .seconds(20)) {
                let plan = try await lastpull.run("plan", "--json")
                return plan.output.contains("\"accessed\":2")
            }
        }

        @Test func tellsWhatWouldHaveGoneAndWasAskedForLater() async throws {
            let trust = Self.day(29).formatted(.iso8601.year().month().day())
            try await lastpull.start(settings: settings(trust: "trustHistoryFrom: \(trust)"))
            try await tellThePast()

            let report = try await backtest()

            #expect(report.policy == "unused" && report.missing.isEmpty)
            #expect(report.items.map(\.tag) == ["slow"])
            let item = try #require(report.items.first)
            #expect(item.asked?.count == 1)
            #expect(report.removed == 1 && report.regrets == 1)
            #expect(item.bytes > 2_000 && report.bytes == item.bytes)
            let ago = Date().timeIntervalSince1970 - Double(item.removedAt) / 1_000
            #expect(ago > 9.9 * 86_400 && ago < 11.1 * 86_400, "\(ago / 86_400) days ago")
            // It removes nothing itself.
            #expect(try await registry.tags("team/app") == ["busy", "slow"])
        }

        // Nobody vouches for the time before lastpull was there.
        @Test func saysWhatItCannotKnow() async throws {
            try await lastpull.start(settings: settings(trust: ""))
            try await tellThePast()
            let report = try await backtest()
            #expect(report.items.isEmpty)
            #expect(report.missing.contains { $0.contains("not heard whole") }, "\(report.missing)")
            let unknown = try await lastpull.run("backtest", "no-such")
            #expect(unknown.status == 1 && unknown.errors.contains("there are unused"))
            #expect(try await lastpull.run("backtest", "unused", "--over", "soon").status == 64)
        }
    }
}
