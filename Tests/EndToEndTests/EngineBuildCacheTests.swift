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

        /// Builds an image of which one stage is left out in the end.
        private func build(
            _ name: String,
            _ engine: RealEngine
        ) async throws {
            let folder = try TemporaryFolder()
            let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
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
