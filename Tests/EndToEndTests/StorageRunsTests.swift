import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// What `runs` says about sweeps.
    @Suite(.enabled(if: isPossible, missing)) struct RunsOfSweeps {
        private struct Summary: Decodable {
            let state: String
            let released: Int64
            let reclaimed: Int64
        }

        // A purge gives back what a sweep has released, and releases nothing again.
        @Test func countBytesOnce() async throws {
            let scene = try await StorageScene()
            let gone = try await scene.push("a/x:v1", [.random(20_000, seed: 1)])
            try await scene.push("a/x:v2", [.random(10_000, seed: 2)])
            try await scene.delete("a/x", gone)
            RegistryDisk(scene.registry.storage).age(by: 7_200)
            try await scene.report("prune")
            try await scene.report("prune")
            let result = try await scene.run("runs", "--json")
            let runs = try JSONDecoder().decode([Summary].self, from: Data(result.output.utf8))
            let released = runs.reduce(0) { $0 + $1.released }
            #expect(released > 20_000)
            #expect(runs.reduce(0) { $0 + $1.reclaimed } == released)
            #expect(runs.allSatisfy { $0.state == "done" })
        }
    }
}
