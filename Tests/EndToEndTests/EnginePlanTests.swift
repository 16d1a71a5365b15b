import Foundation
import TestSupport
import Testing

extension Engines {
    /// What would go from a real Docker Engine by policies, and why something stays or went.
    @Suite(.enabled(if: isDockerPossible, dockerMissing)) struct Planning {
        private func settings(
            _ engine: RealEngine,
            above: Int64 = 1 << 40,
            until: Int64? = nil
        )
            -> String
        {
            """
            engines: [{ name: node, socket: \(engine.socket) }]
            policies:
              - name: images
                engine: node
                repositories: ["team/**"]
                keep: { pushed: { within: 0s }, tags: ["keep*"] }
                mode: enforce
            triggers:
              - { name: size, engine: node, engineBytes: \(above)B, until: \(until ?? above)B }
            """
        }

        private struct Answer: Decodable {
            let verdict: String
            let reason: String
            let detail: String
            let engine: String?
            let policy: String?
            let run: String?
            let trigger: String?
            let restore: String?
            let rules: [Rule]

            struct Rule: Decodable {
                let rule: String
                let holds: Bool
                let detail: String
            }
        }

        private func explain(_ daemon: LastpullDaemon, _ image: String) async throws -> Answer {
            let result = try await daemon.run("explain", "--json", image)
            try #require(result.status == 0, "\(result.errors)")
            return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        }

        private func plan(
            _ daemon: LastpullDaemon,
            _ arguments: String...
        ) async throws -> PruneScene.Report {
            let result = try await Lastpull.run(
                ["plan", "--json", "--config", daemon.configuration] + arguments
            )
            try #require(result.status == 0, "\(result.errors)")
            return try JSONDecoder().decode(PruneScene.Report.self, from: Data(result.output.utf8))
        }

        @Test func aPlanShowsWhatGoesAndExplainWhy() async throws {
            try await RealEngine.with { engine in
                let daemon = try LastpullDaemon()
                let images = ["team/a:1", "team/b:1", "team/l:keep", "team/held:1", "other/o:1"]
                for image in images { _ = try await engine.importImage(image) }
                let size = try await engine.layers() / Int64(images.count)
                try daemon.configure(settings(engine))
                let unheard = try await plan(daemon)
                #expect(unheard.items.isEmpty && unheard.note.contains("nobody has listened"))
                #expect(unheard.keptReasons == ["historyIncomplete": 4, "noPolicy": 1])

                try await listen(daemon, engine)
                let whole = try await plan(daemon)
                #expect(whole.items.flatMap(\.names) == ["team/a:1", "team/b:1"])
                #expect(whole.keptReasons == ["tagPattern": 1, "inUse": 1, "noPolicy": 1])
                #expect(whole.state == "planned" && whole.note.contains("trigger size"))
                #expect(whole.items.map(\.bytes).reduce(0, +) > size)
                let none = try await plan(daemon, "--trigger", "size")
                #expect(none.items.isEmpty && none.note.contains("would not fire"))
                #expect(none.keptReasons["notNeeded"] == 2)
                try await told(daemon)

                let now = try await engine.layers()
                try daemon.configure(settings(engine, above: now - 1, until: now - size / 2))
                let part = try await plan(daemon, "--trigger", "size")
                #expect(part.items.flatMap(\.names) == ["team/a:1"])
                #expect(try await engine.imageNames() == Set(images), "a plan removes nothing")

                try await daemon.start()
                try await eventually("one image is gone", within: .seconds(30)) {
                    try await engine.imageNames().count == images.count - 1
                }
                try await daemon.terminate()
                try await gone(daemon)
            }
        }

        /// What `explain` says of images that are there.
        private func told(_ daemon: LastpullDaemon) async throws {
            let cold = try await explain(daemon, "team/a:1")
            #expect(cold.verdict == "remove" && cold.reason == "notProtected")
            #expect(cold.engine == "node" && cold.policy == "images")
            let named = try await explain(daemon, "team/l:keep")
            #expect(named.verdict == "keep" && named.reason == "tagPattern")
            #expect(named.rules.map(\.rule) == ["tagPattern"] && named.rules.allSatisfy(\.holds))
            let held = try await explain(daemon, "team/held:1")
            #expect(held.verdict == "keep" && held.reason == "inUse" && held.detail.contains("web"))
            let foreign = try await explain(daemon, "other/o:1")
            #expect(foreign.verdict == "keep" && foreign.reason == "noPolicy")
            let unknown = try await daemon.run("explain", "team/nobody:1")
            #expect(unknown.status == 1 && unknown.errors.contains("docker images"))
        }

        /// What is said of an image that a run removed.
        private func gone(_ daemon: LastpullDaemon) async throws {
            let answer = try await explain(daemon, "docker.io/team/a:1")
            #expect(answer.verdict == "gone" && answer.reason == "notProtected")
            #expect(answer.trigger == "size" && answer.policy == "images" && answer.run != nil)
            #expect(answer.restore?.contains("keeps no copy") == true)
            let restore = try await daemon.run("restore", "team/a:1")
            #expect(restore.status == 1 && restore.output.contains("build it again"))
        }

        /// Hears a container being made and kept, and one of which nothing is left.
        private func listen(_ daemon: LastpullDaemon, _ engine: RealEngine) async throws {
            try await daemon.start()
            try await eventually("the engine was looked at", within: .seconds(30)) {
                try await daemon.run("check").output.contains("the use of 5 images is known")
            }
            try await engine.docker("create", "--network", "none", "--name", "web", "team/held:1")
            let id = try await engine.docker("create", "--network", "none", "team/b:1")
            try await engine.docker("rm", id)
            try await eventually("two uses are known", within: .seconds(30)) {
                try await daemon.run("check").output.contains("2 uses heard")
            }
            try await daemon.terminate()
        }

        // A registry's own image comes first; what it does not know may be an engine's.
        @Test func besideARegistryAnEngineIsStillExplained() async throws {
            try await RealEngine.with { engine in
                _ = try await engine.importImage("team/a:1")
                let daemon = try LastpullDaemon()
                let registry = "registries: [{ name: local, url: \"http://127.0.0.1:1\" }]"
                try daemon.configure("\(registry)\n\(settings(engine))")
                #expect(try await explain(daemon, "team/a:1").engine == "node")
                let plan = try await daemon.run("plan")
                #expect(plan.status == 2 && plan.errors.contains("connection refused"))
                #expect(plan.output.contains("historyIncomplete 1"))
                let own = try await daemon.run("explain", "--registry", "local", "team/a:1")
                #expect(own.status == 1 && own.errors.contains("the ledger knows no image"))
            }
        }
    }

    /// Commands about registries say where engines are looked after; no engine is asked for that.
    @Suite struct OnlyEngines {
        @Test(arguments: [
            ("clean", "`lastpull plan` shows which", 64), ("sweep", "`lastpull prune`", 64),
            ("delete team/a:1", "docker rmi", 64),
            ("backtest images", "`lastpull plan --engine node`", 1),
            ("plan", "`lastpull prune --dry-run`", 64),
            ("plan --trigger disk", "no trigger there has an `engine`", 64),
            ("explain team/a:1", "is it running", 1),
            ("restore team/a:1", "nothing to restore", 1),
        ])
        func isSaidPlainly(command: String, advice: String, status: Int32) async throws {
            let daemon = try LastpullDaemon()
            let policy = "policies: [{ name: images, engine: node, keep: { newest: 1 } }]"
            try daemon.configure(
                "engines: [{ name: node, socket: /nonexistent/engine.sock }]\n"
                    + (command == "plan" ? "" : policy)
            )
            let words = command.split(separator: " ").map(String.init)
            let result = try await Lastpull.run(words + ["--config", daemon.configuration])
            #expect(result.status == status)
            #expect(result.errors.contains(advice), "\(result.errors)")
        }
    }
}
