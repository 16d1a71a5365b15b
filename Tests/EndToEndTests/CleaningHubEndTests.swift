import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Cleanups of Docker Hub that end early, or take long.
    struct HubEnds {
        private let scene: HubScene
        private var lastpull: LastpullDaemon { scene.lastpull }

        init() throws { scene = try HubScene() }

        @Test func stopsWhenItIsLockedOutMeanwhile() async throws {
            let many = (0..<300).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await scene.withHub(many) { hub in
                try scene.configure(hub)
                await hub.set { hub in
                    hub.beforeAnswer = { hub, method, _ in
                        guard method == "DELETE", hub.deleted >= 50 else { return }
                        hub.revokeTokens()
                        hub.secrets = []
                    }
                }
                let report = try await lastpull.report("clean", status: 2)
                #expect(report.state == "partly")
                let done = report.items.count { $0.state == "done" }
                #expect(done >= 50 && done < 300)
                #expect(report.items.allSatisfy { $0.state == "done" || $0.state == "failed" })
                #expect(await hub.logins < 100, "it does not ask over and over")
            }
        }

        @Test func aLimitIsKeptUntilAllIsDone() async throws {
            let many = (0..<400).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await scene.withHub(many) { hub in
                await hub.set { $0.limit = RequestLimit(capacity: 60, perSecond: 60) }
                try scene.configure(hub)
                let report = try await lastpull.report("clean")
                #expect(report.items.count == 400)
                #expect(report.items.allSatisfy { $0.state == "done" })
                #expect(await hub.tagNames("team/api").isEmpty)
                let limit = await hub.limit
                #expect((limit?.refused ?? .max) <= 120, "\(limit?.refused ?? -1) refusals")
            }
        }

        @Test func aKillInTheMiddleIsFinishedByTheNextCleanup() async throws {
            let many = (0..<200).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await scene.withHub(many) { hub in
                try scene.configure(hub)
                let process = try ChildProcess(
                    Lastpull.binary,
                    ["clean", "--config", lastpull.configuration]
                )
                try await eventually("it is half way", every: .milliseconds(1)) {
                    await hub.deleted >= 60
                }
                try await process.kill()
                let cutOff = try #require(try await lastpull.summaries().first)
                #expect(cutOff.state == "running")
                let listed = try await lastpull.run("runs")
                #expect(listed.output.contains("or cut off"), "\(listed.output)")

                let report = try await lastpull.report("clean")

                #expect(report.state == "done" && report.items.isEmpty)
                #expect(report.note.contains("finished run \(cutOff.run) first"), "\(report.note)")
                #expect(report.note.contains("200 of 200 removed"), "\(report.note)")
                #expect(await hub.tagNames("team/api").isEmpty)
                let summaries = try await lastpull.summaries()
                #expect(summaries.reduce(0) { $0 + $1.done } == 200)
                #expect(summaries.allSatisfy { $0.state != "running" })
            }
        }

        // Whoever presses Ctrl-C wants the rest to stay, also after the next start.
        @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
        func aSignalEndsItInGoodOrderAndTheRestStays(signal: Int32) async throws {
            let many = (0..<200).map { (name: "v\($0)", pushed: 100.0, pulled: Double?.none) }
            try await scene.withHub(many) { hub in
                await hub.set { $0.limit = RequestLimit(capacity: 30, perSecond: 30) }
                try scene.configure(hub)
                let process = try ChildProcess(
                    Lastpull.binary,
                    ["clean", "--json", "--config", lastpull.configuration],
                    output: scene.folder.file("output")
                )
                try await eventually("it removes", every: .milliseconds(1)) {
                    await hub.deleted >= 10
                }
                process.send(signal)
                #expect(try await process.wait(within: .seconds(30)) == 2)

                let text = scene.folder.text(of: "output")
                let report = try JSONDecoder().decode(CleaningReport.self, from: Data(text.utf8))
                let deleted = await hub.deleted
                #expect(deleted < 150, "it ended soon")
                #expect(report.state == "partly")
                let note = "interrupted after \(deleted) of 200"
                #expect(report.note.contains(note), "\(report.note)")
                #expect(report.items.count { $0.state == "done" } == deleted)
                #expect(
                    report.items.allSatisfy { item in
                        item.state == "done"
                            || item.state == "skipped" && item.detail.contains("interrupted")
                    }
                )
                // A start finishes what a kill has cut off, and this was none.
                try await lastpull.start()
                try await lastpull.terminate()
                #expect(await hub.deleted == deleted)
            }
        }
    }
}
