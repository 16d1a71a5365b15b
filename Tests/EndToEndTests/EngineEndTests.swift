import Foundation
import TestSupport
import Testing

extension Engines {
    /// Prunes that end before they are through.
    @Suite(.enabled(if: isDockerPossible, dockerMissing)) struct Ending {
        // A prune of many images, ended with `signal` when the first is gone; the images left.
        private func cutOff(
            _ scene: PruneScene,
            by signal: Int32
        ) async throws -> (status: Int32, output: String, left: Int) {
            let engine = scene.engine
            for _ in 0..<60 { _ = try await engine.importImage(kilobytes: 20) }
            let folder = try TemporaryFolder()
            let process = try ChildProcess(
                Lastpull.binary,
                ["prune", "--json"] + scene.options,
                output: folder.file("output"),
                errors: folder.file("errors")
            )
            try await eventually("the first image is gone", every: .milliseconds(2)) {
                try process.checkIsRunning()
                return try await engine.imageNames().count < 60
            }
            process.send(signal)
            let status = try await process.wait(within: .seconds(30))
            return (status, folder.text(of: "output"), try await engine.imageNames().count)
        }

        @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
        func anInterruptedPruneReportsWhatItFreed(signal: Int32) async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                let end = try await cutOff(scene, by: signal)
                #expect(end.status == 2)
                let report = try JSONDecoder().decode(
                    PruneScene.Report.self,
                    from: Data(end.output.utf8)
                )
                let done = report.items.filter { $0.state == "done" }
                #expect(report.state == "partly")
                #expect(report.note.contains("interrupted"))
                #expect(done.count == 60 - end.left)
                #expect(report.reclaimed == done.reduce(0) { $0 + $1.bytes })
                let told = try await scene.reclaimed(in: report.run)
                #expect(told["image"] == report.reclaimed)
            }
        }

        // The next prune first tells what the one had freed that was killed.
        @Test func aKilledPruneIsReportedByTheNext() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                let end = try await cutOff(scene, by: SIGKILL)
                #expect(end.status == 128 + SIGKILL)
                let next = try await scene.prune()
                #expect(next.state == "done")
                // The engine ends the removal that was under way at the kill.
                let left = next.items.count
                #expect((end.left - 1...end.left).contains(left))
                let runs = try await scene.run("runs", "--json")
                let summaries = try JSONDecoder().decode(
                    [Summary].self,
                    from: Data(runs.output.utf8)
                )
                try #require(summaries.count == 2)
                #expect(summaries[1].state == "partly")
                #expect(summaries[1].done == 60 - left)
                #expect(summaries[1].reclaimed > 0)
                let told = try await scene.reclaimed(in: summaries[1].run)
                #expect(told["image"] == summaries[1].reclaimed)
            }
        }

        private struct Summary: Decodable {
            let run: String
            let state: String
            let done: Int
            let reclaimed: Int64
        }
    }
}
