import Foundation
import RegistryModel
import Synchronization
import TestSupport
import Testing

extension Hearing {
    /// `kill -9` in the middle of taking events.
    @Suite struct KillTests {
        // Senders repeat what was not acknowledged, as registries do; so every event arrives once
        // or more, and must count exactly once, whenever the process died, and though commands beside
        // it carry its journal over meanwhile.
        @Test func everyAcknowledgedEventCountsExactlyOnce() async throws {
            let daemon = try LastpullDaemon()
            let nobody = try LoopbackPort.free()
            try await daemon.start(
                settings: "registries: [{ name: local, url: \"http://127.0.0.1:\(nobody)\" }]"
            )
            let tally = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await Self.keepSending(to: daemon, tally) }
                }
                for _ in 0..<6 {
                    // At any point of a commit.
                    try await Task.sleep(for: .microseconds(Int.random(in: 50_000...400_000)))
                    try await daemon.killAndRestart()
                    let statistics = try await daemon.run("ledger", "stats")
                    #expect(statistics.status == 0, "\(statistics.output)")
                }
                tally.isOver.store(true, ordering: .relaxed)
                try await group.waitForAll()
            }
            let sent = tally.acknowledged.load(ordering: .relaxed)
            try #require(sent > 100, "too few events to prove anything")
            try #require(tally.repeated.load(ordering: .relaxed) > 0, "no kill has hit a request")
            #expect(try await daemon.explain("team/hand:v1").accesses == sent)

            let verification = try await daemon.run("ledger", "verify")
            #expect(verification.status == 0, "\(verification.output)")
            #expect(try await daemon.terminate() == 0)
        }

        private final class Tally: Sendable {
            let isOver = Atomic(false)
            let acknowledged = Atomic(0)
            let repeated = Atomic(0)
        }

        private static func keepSending(to daemon: LastpullDaemon, _ tally: Tally) async throws {
            while !tally.isOver.load(ordering: .relaxed) {
                let events = (0..<3).map { _ in HearingEnvelope.event() }
                let repeats = try await send(events, to: daemon)
                tally.repeated.add(repeats, ordering: .relaxed)
                tally.acknowledged.add(events.count, ordering: .relaxed)
            }
        }

        /// Sends an envelope until it is acknowledged, and returns how often it was repeated.
        private static func send(_ events: [String], to daemon: LastpullDaemon) async throws -> Int
        {
            let body = HearingEnvelope.envelope(events)
            var repeats = 0
            try await eventually("the envelope is taken", every: .milliseconds(5)) {
                do {
                    let answer = try await LoopbackHTTP.post(daemon.hook("local"), body)
                    if answer.status == 202 { return true }
                } catch is URLError {
                    // Killed in the middle, or not up again yet.
                }
                repeats += 1
                return false
            }
            return repeats
        }
    }
}
