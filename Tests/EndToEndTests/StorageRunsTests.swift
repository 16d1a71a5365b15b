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

        // A sweep over the brake waits, once for as long as it is the same, and the newest alone.
        @Test func ofThoseThatWaitTheNewestDoes() async throws {
            let scene = try await StorageScene()
            try scene.configure(
                grace: "1h",
                quarantine: "0s",
                more:
                    "policies: [{ name: p, keep: { newest: 9 }, mode: enforce, brake: { bytes: 1% } }]"
            )
            try await scene.push("a/x:v1", [.random(10_000, seed: 1)])
            func sweepWithoutOne(seed: UInt64) async throws -> StorageReport {
                let gone = try await scene.push("a/x:gone", [.random(20_000, seed: seed)])
                try await scene.delete("a/x", gone)
                RegistryDisk(scene.registry.storage).age(by: 7_200)
                return try await scene.report("sweep")
            }
            let first = try await sweepWithoutOne(seed: 2)
            #expect(first.state == "waiting" && first.note.contains("approve \(first.run)"))
            #expect(try await scene.report("sweep").run == first.run)
            let second = try await sweepWithoutOne(seed: 3)
            #expect(second.state == "waiting" && second.items.count > first.items.count)
            let refused = try await scene.run("approve", first.run)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("lastpull approve \(second.run)"), "\(refused.errors)")
            #expect(RegistryDisk(scene.registry.storage).quarantinedFiles.isEmpty)
            let approved = try await scene.report("approve", second.run)
            #expect(approved.state == "done" && approved.items.allSatisfy { $0.state != "skipped" })
        }
    }
}
