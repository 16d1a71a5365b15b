import Foundation
import TestSupport
import Testing

extension Engines {
    /// The engine's own client: newer ones leave building to a plugin.
    static let ownClient = "/usr/bin/docker"

    /// The cache of the builder in a real Docker Engine.
    @Suite(
        .enabled(
            if: isDockerPossible && FileManager.default.isExecutableFile(atPath: ownClient),
            "no Docker Engine with its own client"
        )
    )
    struct BuildCache {
        @Test func goesAsFarAsNoImageNeedsItAndTellsWhatCameBack() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                try await build("team/built:1", engine)
                let before = try await cache(engine)
                #expect(before.count > 2 && before.bytes > 1_000_000)
                let planned = try await scene.prune("--type", "buildCache", "--dry-run")
                #expect(planned.state == "planned")
                #expect(try await cache(engine) == before)

                let report = try await scene.prune("--type", "buildCache")

                let after = try await cache(engine)
                #expect(after.count == before.count - report.items.count)
                #expect(Set(report.items.map(\.id)) == Set(planned.items.map(\.id)))
                #expect(report.reclaimed == before.bytes - after.bytes)
                #expect(try await scene.reclaimed(in: report.run) == ["builder": report.reclaimed])
                #expect(try await engine.imageNames() == ["team/built:1"])
                #expect(try await engine.docker("create", "team/built:1", "/last").count == 64)
            }
        }

        // A moment between two builds parts what they have left behind. Engines before 23.0 know no
        // moment here, and lastpull tells them a duration.
        @Test func untilNarrowsItToWhatWasNotUsedSince() async throws {
            try await RealEngine.with { engine in
                let scene = try PruneScene(engine)
                try await build("team/first:1", engine)
                let first = try await cache(engine)
                let moment = String(format: "%.3f", Date().timeIntervalSince1970)
                try await build("team/second:1", engine, factor: 11)
                let both = try await cache(engine)
                let none = try await scene.prune("--type", "buildCache", "--filter", "until=1.5h")
                #expect(none.items.isEmpty && none.state == "done")

                let report = try await scene.prune(
                    "--type",
                    "buildCache",
                    "--filter",
                    "until=\(moment)"
                )

                let after = try await cache(engine)
                #expect(report.items.allSatisfy { $0.state == "done" }, "\(report.items)")
                #expect((2...first.count).contains(report.items.count))
                #expect(after.count == both.count - report.items.count)
                #expect(report.reclaimed > 1_000_000)
                #expect(report.reclaimed == both.bytes - after.bytes)
            }
        }

        // As README shows it: one time for all kinds.
        @Test func oneUntilHoldsForAllKindsOfTheSettings() async throws {
            try await RealEngine.with { engine in
                try await build("team/built:1", engine)
                let folder = try TemporaryFolder()
                let settings = try folder.write(
                    """
                    ledger: \(folder.file("ledger.sqlite"))
                    engines:
                      - name: node
                        socket: \(engine.socket)
                        prune: [images, containers, networks, volumes, buildCache]
                        filters: { until: 1s }
                    """,
                    to: "lastpull.yaml"
                )
                let before = try await cache(engine)
                try await eventually("the cache is a second old", within: .seconds(20)) {
                    let plan = try await Lastpull.run(
                        ["prune", "--dry-run", "--config", settings]
                    )
                    return plan.output.contains("unusedCache")
                }
                let result = try await Lastpull.run(["prune", "--config", settings])
                #expect(result.status == 0, "\(result.output) \(result.errors)")
                let after = try await cache(engine)
                #expect(after.count < before.count && after.bytes < before.bytes)
            }
        }

        /// Builds an image of which one stage is left out in the end.
        private func build(
            _ name: String,
            _ engine: RealEngine,
            factor: Int = 7
        ) async throws {
            let folder = try TemporaryFolder()
            let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* factor ^ $0 >> 8) }
            try folder.write(bytes, to: "context/content")
            try folder.write(
                """
                FROM scratch AS first
                COPY content /content
                FROM first AS second
                COPY content /again
                FROM scratch
                COPY --from=second /again /last
                """,
                to: "context/Dockerfile"
            )
            let result = try await Command.run(
                Engines.ownClient,
                ["--host", "unix://\(engine.socket)", "build", "--network", "none", "--tag", name]
                    + [folder.file("context")],
                environment: ["DOCKER_BUILDKIT": "1"]
            )
            try #require(result.status == 0, "\(result.errors)")
        }

        private struct Usage: Equatable {
            var count: Int
            var bytes: Int64
        }

        /// What the engine itself counts.
        private func cache(_ engine: RealEngine) async throws -> Usage {
            struct Answer: Decodable {
                struct Record: Decodable {
                    var size: Int64
                    var isShared: Bool

                    private enum CodingKeys: String, CodingKey {
                        case size = "Size"
                        case isShared = "Shared"
                    }
                }

                var records: [Record]

                private enum CodingKeys: String, CodingKey { case records = "BuildCache" }
            }
            let answer = try JSONDecoder().decode(
                Answer.self,
                from: Data(try await engine.get("/system/df").utf8)
            )
            let own = answer.records.filter { !$0.isShared }
            return Usage(count: answer.records.count, bytes: own.reduce(0) { $0 + $1.size })
        }
    }
}
