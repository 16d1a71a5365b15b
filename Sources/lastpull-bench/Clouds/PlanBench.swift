import AccessLedger
import Foundation
import RegistryModel
import TestSupport

/// A plan of very many removals: its memory, and a kill in the middle of it.
struct PlanBench {
    let removals: Int

    func measure() async throws -> [Figure] {
        let hub = try await FakeHub.start()
        let removals = removals
        await hub.set { hub in
            hub.recordsRequests = false
            for seed in 0..<removals {
                hub.add(
                    "team/api",
                    "v\(seed)",
                    seed: seed,
                    pushed: Date(timeIntervalSinceNow: -86_400 * 120 - Double(seed)),
                    pulled: Date(timeIntervalSinceNow: -86_400 * 90)
                )
            }
        }
        let scene = try CloudScene(
            kind: "dockerhub",
            url: hub.url,
            user: "ci-bot",
            secret: "dckr_pat_secret",
            keep: "{ accessed: { within: 30d } }"
        )
        defer { scene.workplace.remove() }
        let command = TimedCommand(
            program: CommandLine.arguments[0],
            arguments: ["clean-once", "--config", scene.config],
            log: scene.workplace.file("log")
        )
        let process = try ChildProcess(command.program, command.arguments)
        var planning: Int64 = 0
        while await hub.deleted < removals / 4 {
            try process.checkIsRunning()
            planning = max(planning, TimedCommand.highWater(of: process.id) ?? 0)
            try await Task.sleep(for: .milliseconds(20))
        }
        try await process.kill()
        let before = await hub.deleted
        let peak = max(planning, try await Task.detached { try command.peakMemory() }.value)
        let (deleted, left) = await (hub.deleted, hub.tagNames("team/api").count)
        await hub.stop()
        let ledger = try Ledger(path: scene.workplace.file("ledger.sqlite"))
        let runs = try await ledger.runs(limit: 10)
        try ledger.close()
        let done = runs.reduce(0) { $0 + $1.done }
        guard left == 0, deleted == removals, done == removals else {
            throw BenchError("\(deleted) deleted, \(done) written down, \(left) left")
        }
        Output.tell("plan: killed after \(before), then \(deleted - before) more")
        let megabytes = Double(peak) / 1_000_000
        return [
            Figure(
                "\(removals) removals in one plan, killed after a quarter",
                "resident memory, peak",
                megabytes,
                "MB",
                goal: "under 150 MB",
                isMet: megabytes < 150
            )
        ]
    }
}
