import Foundation
import TestSupport
import Testing

extension Cleaning {
    /// What `check` finds.
    struct Checks {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            await registry.notify(url: lastpull.hook("local"))
            await registry.add("team/app", "v1", seed: 1)
        }

        private struct Answer: Decodable {
            struct Finding: Decodable {
                let subject: String
                let state: String
                let text: String
            }

            let findings: [Finding]
        }

        private func finding(_ part: String) async throws -> Answer.Finding {
            let result = try await lastpull.run("check", "--json")
            let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
            return try #require(
                answer.findings.first { $0.text.contains(part) },
                "\(part) in \(result.output)"
            )
        }

        private func configure(_ policies: String, registry more: String = "") throws {
            try lastpull.configure(
                """
                registries:
                  - { name: local, url: "\(registry.url)"\(more) }
                \(policies)
                """
            )
        }

        private static let twoWeeks = """
            policies:
              - { name: unused, keep: { accessed: { atLeast: 1, within: 14d } } }
            """

        // Of two weeks, thirteen days lie before anybody knew the registry.
        @Test func missesNothingFromBeforeTheRegistryWasKnown() async throws {
            try configure(Self.twoWeeks)
            #expect(try await finding("nothing of it is known yet").state == "warning")
            #expect(try await lastpull.run("plan").status == 0)
            let finding = try await finding("not heard")
            #expect(finding.state == "warning")
            let sentence = /first known \S+Z, (\d+)s since then were not heard;.*/
            let words = try #require(finding.text.wholeMatch(of: sentence), "\(finding.text)")
            #expect(try #require(Int(words.1)) < 60)
            await registry.stop()
        }

        @Test func warnsWhereNoAccessIsKnown() async throws {
            try configure("policies: [{ name: newest, keep: { newest: 3 } }]")
            #expect(try await finding("no access is known").state == "warning")
            await registry.stop()
        }

        // The first command of all is the one that reads the operator's word.
        @Test func takesTheOperatorsWordAtOnce() async throws {
            try configure(Self.twoWeeks, registry: ", trustHistoryFrom: 2026-01-01")
            let finding = try await finding("every access of the past")
            #expect(finding.state == "ok")
            await registry.stop()
        }

        // A container without a volume reads it anew at each start.
        @Test func warnsOfAWordWithoutAnEnd() async throws {
            try configure(Self.twoWeeks, registry: ", trustHistoryFrom: 2026-01-01")
            let finding = try await finding("trustHistoryFrom covers 2026-01-01T00:00:00Z to")
            #expect(finding.state == "warning")
            #expect(finding.text.contains(/add trustHistoryUntil: [-0-9]+T/), "\(finding.text)")

            // A daemon says so at its first start on a ledger.
            let told = "trustHistoryFrom has no end"
            try await lastpull.start()
            #expect(lastpull.log.contains(told))
            try await lastpull.killAndRestart()
            #expect(lastpull.log.ranges(of: told).count == 1)
            try await lastpull.terminate()
            await registry.stop()
        }

        // The future cannot be known: a word up to then grows with each new ledger, too.
        @Test func warnsOfAWordWhoseEndIsStillToCome() async throws {
            try configure(
                Self.twoWeeks,
                registry: ", trustHistoryFrom: 2026-01-01, trustHistoryUntil: 2199-01-01"
            )
            let finding = try await finding("trustHistoryFrom covers 2026-01-01T00:00:00Z to")
            #expect(finding.state == "warning")
            let words = "its end, 2199-01-01T00:00:00Z, is still to come"
            #expect(finding.text.contains(words), "\(finding.text)")
            #expect(finding.text.contains(/: set trustHistoryUntil: 20/), "\(finding.text)")
            #expect(!finding.text.contains("it has no end"), "\(finding.text)")
            await registry.stop()
        }

        // What the advice says is taken.
        @Test func takesAWordWithAnEnd() async throws {
            try configure(
                Self.twoWeeks,
                registry: ", trustHistoryFrom: 2026-01-01, trustHistoryUntil: 2026-02-01"
            )
            let finding = try await finding(
                "trustHistoryFrom covers 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z"
            )
            #expect(finding.state == "ok" && finding.text.hasSuffix("by your word alone"))
            try await lastpull.start()
            #expect(!lastpull.log.contains("trustHistoryFrom has no end"))
            try await lastpull.terminate()
            await registry.stop()
        }

        // What is written right and still matches nothing is a slip, or yet to come.
        @Test func warnsOfPatternsThatMatchNothing() async throws {
            try configure(
                """
                policies:
                  - { name: other, repositories: ["teem/**"], keep: { newest: 1 } }
                  - { name: apps, repositories: ["team/*"], keep: { tags: ["v?", "/^1/", "rel*"] } }
                  - { name: rest, keep: { tags: [latest] } }
                """
            )
            #expect(try await lastpull.run("check").output.contains("matches no") == false)
            #expect(try await lastpull.run("plan").status == 0)
            let output = try await lastpull.run("check").output
            let warnings = output.split(separator: "\n").filter {
                $0.hasPrefix("warning  settings")
            }
            #expect(
                warnings.map { $0.split(separator: ": ", maxSplits: 1)[1].prefix(60) } == [
                    "policy other: teem/** matches no repository that is known to",
                    "policy apps: /^1/ in keep.tags matches no tag that the polic",
                    "policy apps: rel* in keep.tags matches no tag that the polic",
                    "policy rest decides about nothing: policies before it match ",
                ],
                "\(output)"
            )
            await registry.stop()
        }

        // Two processes that were heard within the hour.
        @Test func saysWhatTheRestartOfAReplicaMeans() async throws {
            try configure(Self.twoWeeks)
            try await lastpull.start()
            for process in ["one", "two"] {
                let event = HearingEnvelope.event()
                    .replacingOccurrences(of: "made-by-hand", with: process)
                _ = try await lastpull.deliver(HearingEnvelope.envelope([event]))
            }
            let finding = try await finding("processes of it were heard within the hour")
            #expect(finding.state == "ok")
            try await lastpull.terminate()
            await registry.stop()
        }

        // Of a proxy that all pulls come through, as the one address that notifications name.
        @Test func warnsWhereAllReadsAreIgnored() async throws {
            try configure(
                "ignoreAccess: { userAgents: ['trivy/*'], networks: [10.1.0.7/32] }\n"
                    + Self.twoWeeks
            )
            try await lastpull.start()
            func hear(_ address: String, _ count: Int) async throws {
                let events = (0..<count).map { _ in HearingEnvelope.event(address: address) }
                _ = try await lastpull.deliver(HearingEnvelope.envelope(events))
            }
            try await hear("10.1.0.7:40000", 19)
            let finding = try await finding(
                "19 of 19 reads by clients since yesterday were ignored"
            )
            #expect(finding.state == "warning")
            #expect(finding.text.contains("19 by ignoreAccess.networks 10.1.0.7/32"))
            try await hear("10.1.0.8:40000", 5)
            #expect(!(try await lastpull.run("check").output).contains("reads by clients"))
            try await lastpull.terminate()
            await registry.stop()
        }

        @Test func saysWhyABodyWasNotUnderstood() async throws {
            try configure(Self.twoWeeks)
            try await lastpull.start()
            for body in [#"{"events":[{"action":"pull"}]}"#, "no JSON at all"] {
                let answer = try await lastpull.deliver(body)
                #expect(answer.rejected == 1)
            }
            let finding = try await finding("2 not understood")
            #expect(finding.state == "warning")
            let reason = try #require(
                finding.text.firstMatch(of: /the newest was not understood because: (.+)$/),
                "\(finding.text)"
            )
            #expect(!reason.1.contains("action"), "the newest, not the first: \(reason.1)")
            try await lastpull.terminate()
            await registry.stop()
        }
    }
}
