import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// Who was heard, what of it was not understood, and what silence is worth.
    struct SourcesTests {
        private static let push =
            #"{"push_data":{"tag":"v1","pushed_at":1772600767},"repository":{"repo_name":"team/hub"}}"#

        @Test func pushesOfASenderWithoutPullsCountAndProveNothing() async throws {
            let daemon = try await Self.daemon()
            #expect(try await daemon.deliver(Self.push) == DeliveryCounts(accepted: 1))
            #expect(try await daemon.deliver(Self.push) == DeliveryCounts(duplicates: 1))
            #expect(try await daemon.explain("team/hub:v1").accesses == 1)

            let report = try await Self.report(daemon)
            let source = try #require(report.registries.first?.sources.first)
            #expect(source.source == "events")
            #expect(source.accepted == 1 && source.duplicates == 1)
            #expect(!source.tellsPulls)
            #expect(source.senders.map(\.kind) == ["dockerhub"])
            #expect(report.registries.first?.coveredSince == nil)

            let check = try await daemon.run("check")
            #expect(check.output.contains("webhooks of dockerhub tell of no pulls"))
            let text = try await daemon.run("sources").output
            #expect(text.contains("by events of dockerhub: "), "\(text)")
            // The hour may have turned since.
            #expect(text.contains("1 in this hour") || text.contains("1 in the one"), "\(text)")
            #expect(text.contains("silence means nothing"), "\(text)")
        }

        @Test func theReportIsTheSameOverHTTP() async throws {
            let daemon = try await Self.daemon()
            _ = try await daemon.deliver(Self.push)
            let hook = daemon.hook("local")
            let address = hook.replacing("/hooks/local", with: "/api/v1/sources")
            let answer = try await LoopbackHTTP.get(address)
            #expect(answer.status == 200)
            let served = try JSONDecoder().decode(Report.self, from: Data(answer.body))
            #expect(served == (try await Self.report(daemon)))
        }

        @Test func whatWasNotUnderstoodIsShownWithoutSecrets() async throws {
            let daemon = try await Self.daemon()
            let body = #"{"hello":"\#("\u{1B}[31m")","authorization":"Bearer abcdefghijkl"}"#
            #expect(try await daemon.deliver(body) == DeliveryCounts(rejected: 1))
            let text = try await daemon.run("rejected", "local").output
            #expect(text.contains("local by events: not JSON: control character"), "\(text)")
            #expect(!text.contains("\u{1B}"))
            #expect(!text.contains("abcdefghijkl"))
            let json = try await daemon.run("rejected", "--json", "--limit", "1").output
            #expect(json.contains(#""registry":"local""#))
            let other = try await daemon.run("rejected", "elsewhere")
            #expect(other.status == 64)
        }

        @Test(arguments: ["check", "sources", "rejected"])
        func oneRegistryAloneIsToldOf(command: String) async throws {
            let daemon = try LastpullDaemon()
            let port = try LoopbackPort.free()
            try await daemon.start(
                settings: """
                    registries:
                      - { name: alpha, url: "http://127.0.0.1:\(port)" }
                      - { name: omega, url: "http://127.0.0.1:\(port)/omega" }
                    """
            )
            for name in ["alpha", "omega"] {
                _ = try await daemon.deliver("rubbish", to: "hooks/\(name)")
            }
            let text = try await daemon.run(command, "--registry", "alpha").output
            #expect(text.contains("alpha") && !text.contains("omega"), "\(text)")
            let unknown = try await daemon.run(command, "--registry", "middle")
            #expect(unknown.status != 0 && unknown.errors.contains("registry middle"))
        }

        private struct Report: Decodable, Equatable {
            struct Registry: Decodable, Equatable {
                var coveredSince: Int64?
                var sources: [Source]
            }

            struct Source: Decodable, Equatable {
                var source: String
                var accepted: Int
                var duplicates: Int
                var tellsPulls: Bool
                var senders: [Sender]
            }

            struct Sender: Decodable, Equatable {
                var kind: String
            }

            var registries: [Registry]
        }

        private static func report(_ daemon: LastpullDaemon) async throws -> Report {
            let text = try await daemon.run("sources", "--json").output
            return try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        }

        private static func daemon() async throws -> LastpullDaemon {
            let daemon = try LastpullDaemon()
            let port = try LoopbackPort.free()
            try await daemon.start(
                settings: "registries: [{ name: local, url: \"http://127.0.0.1:\(port)\" }]"
            )
            return daemon
        }
    }
}
