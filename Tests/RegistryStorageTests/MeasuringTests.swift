import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

struct MeasuringTests {
    @Test(.enabled(if: Command.environment["MEASURE"] != nil))
    func measure() throws {
        let clock = ContinuousClock()
        let parts = (Command.environment["MEASURE"] ?? "").split(separator: ",").compactMap { Int($0) }
        let path = "/tmp/treebench/\(parts[0])-\(parts[1])-\(parts[2])"
        if !FileManager.default.fileExists(atPath: path) {
            let took = try clock.measure {
                _ = try GeneratedTree(path: path, shape: .init(repositories: parts[0], tags: parts[1], untagged: parts[2]))
            }
            print("written in", took)
        }
        let root = try StorageRoot(path: path)
        let store = InMemoryReferences()
        for _ in 0..<6 {
            var mark: Mark?
            let took = try clock.measure {
                mark = try Marker(root: root, references: store).mark(Condemned(allUntagged: true), now: Timestamp(milliseconds: 0))
            }
            print(took, mark?.totals as Any, mark?.untagged.count ?? 0, mark?.unreferenced.count ?? 0)
            let planning = clock.measure {
                let plan = SweepPlan(mark!, rules: SweepRules(isNow: true), now: Timestamp(milliseconds: 0))
                print(plan.removals.count, plan.bytes, plan.kept)
            }
            print("plan", planning)
        }
    }
}
