import Foundation
import TestSupport
import Testing

extension Engines {
    /// Answers that a real engine gives too seldom for a test.
    @Suite struct Refusing {
        private let cache = """
            {"ID":"a","Type":"regular","InUse":false,"Shared":false,"Size":700,\
            "CreatedAt":"2026-01-01T00:00:00.123456789Z"}
            """

        private func usage(_ records: String...) -> String {
            """
            {"LayersSize":0,"Images":null,"Containers":null,"Volumes":null,\
            "BuildCache":[\(records.joined(separator: ","))]}
            """
        }

        private func prune(_ engine: FakeEngine) async throws -> Command.Result {
            for list in ["/images/json", "/containers/json", "/networks"] {
                await engine.answer("GET \(list)", (200, "[]"))
            }
            await engine.answer("GET /volumes", (200, #"{"Volumes":null}"#))
            let folder = try TemporaryFolder()
            let configuration = try folder.write(
                """
                ledger: \(folder.file("ledger.sqlite"))
                engines: [{ name: node, url: "\(engine.url)", prune: [buildCache] }]
                """,
                to: "lastpull.yaml"
            )
            return try await Lastpull.run(["prune", "--json", "--config", configuration])
        }

        // Somebody else's prune of the build cache takes its time, and ours comes after it.
        @Test func aPruneThatIsAlreadyRunningIsWaitedOut() async throws {
            let engine = try await FakeEngine.start()
            let busy = #"{"message":"a prune operation is already running"}"#
            await engine.answer("GET /system/df", (200, usage(cache)), (200, usage()))
            await engine.answer(
                "POST /build/prune",
                (409, busy),
                (409, busy),
                (200, #"{"CachesDeleted":["a"],"SpaceReclaimed":700}"#)
            )
            let result = try await prune(engine)
            let asked = await engine.requests.filter { $0 == "POST /build/prune" }
            await engine.stop()
            #expect(result.status == 0, "\(result.errors)")
            #expect(asked.count == 3)
            #expect(result.output.contains(#""reclaimed":700"#))
        }

        // What the engine claims is not believed where its own measurement says less.
        @Test func bytesThatDidNotComeBackAreNotTold() async throws {
            let engine = try await FakeEngine.start()
            let left = cache.replacing(#""a""#, with: #""b""#).replacing("700", with: "500")
            await engine.answer("GET /system/df", (200, usage(cache)), (200, usage(left)))
            await engine.answer(
                "POST /build/prune",
                (200, #"{"CachesDeleted":["a"],"SpaceReclaimed":4500000000}"#)
            )
            let result = try await prune(engine)
            await engine.stop()
            #expect(result.output.contains(#""reclaimed":200"#))
        }

        @Test func whatTheEngineRefusesFailsAndIsTold() async throws {
            let engine = try await FakeEngine.start()
            await engine.answer("GET /system/df", (200, usage(cache)))
            await engine.answer("POST /build/prune", (403, #"{"message":"not for you"}"#))
            let result = try await prune(engine)
            await engine.stop()
            #expect(result.status == 1)
            #expect(result.output.contains("not for you"))
        }
    }
}
