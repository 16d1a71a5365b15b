import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What holds for every sweep, over random trees.
struct SweepPropertyTests {
    private static let atOnce = SweepRules(isNow: true)

    @Test(arguments: [false, true])
    func takesAllThatNoTagHoldsAndNothingElse(_ unlinks: Bool) async throws {
        var sawGarbage = false
        for seed in RandomTree.seeds {
            let tree = try RandomTree(seed: seed, unlinks: unlinks)
            let plan = try tree.scene.sweep(Self.atOnce)
            var needed: Set<Digest> = []
            for (name, kept) in tree.tagged {
                needed.formUnion(tree.content(kept))
                let gone = plan.removals.filter {
                    $0.kind == .manifest && $0.repository?.description == name
                }
                let revisions = tree.repositories[name]?.revisions ?? []
                #expect(Set(gone.compactMap(\.digest)) == revisions.subtracting(kept), "\(seed)")
            }
            #expect(plan.content == tree.stored.subtracting(needed), "\(seed)")
            sawGarbage = sawGarbage || !plan.content.isEmpty
            await Task.yield()
        }
        #expect(sawGarbage)
    }

    @Test func foretellsTheBytesThatAreLost() async throws {
        for seed in RandomTree.seeds {
            let tree = try RandomTree(seed: seed)
            let plan = try tree.scene.sweep(Self.atOnce)
            let before = tree.scene.bytes
            try tree.scene.remove(plan.files)
            #expect(before - tree.scene.bytes == plan.bytes, "\(seed)")
            await Task.yield()
        }
    }

    @Test func leavesNothingForASecondSweep() async throws {
        for seed in RandomTree.seeds {
            let tree = try RandomTree(seed: seed, unlinks: true)
            try tree.scene.remove(try tree.scene.sweep(Self.atOnce).files)
            let second = try tree.scene.mark()
            #expect(second.untagged.isEmpty && second.unreferenced.isEmpty, "\(seed)")
            #expect(second.danglingLinks.isEmpty && second.doubts.isEmpty, "\(seed)")
            await Task.yield()
        }
    }

    // File systems list folders as they like.
    @Test func plansTheSameForAnyOrderOfFiles() async throws {
        for seed in RandomTree.seeds {
            let tree = try RandomTree(seed: seed)
            let other = try TreeScene()
            var random = Dice(state: seed)
            var files = RegistryDisk(tree.scene.folder.path).files(in: "docker").map(\.path)
            while !files.isEmpty {
                let file = files.remove(at: random.below(files.count))
                let bytes = FileManager.default.contents(atPath: tree.scene.folder.file(file))
                try other.tree.write(Array(bytes ?? Data()), to: other.folder.file(file))
            }
            let (left, right) = (try tree.scene.mark(), try other.mark())
            #expect(left.untagged == right.untagged, "\(seed)")
            #expect(left.unreferenced == right.unreferenced, "\(seed)")
            #expect(left.keptUntagged == right.keptUntagged, "\(seed)")
            let plans = [left, right].map {
                SweepPlan($0, rules: Self.atOnce, now: TreeScene.now).removals
                    .filter { $0.kind != .folder }
            }
            #expect(plans[0] == plans[1], "\(seed)")
            await Task.yield()
        }
    }

    @Test func findsTheSameWithAnyNumberOfThreadsAndKnownReferences() async throws {
        for seed in RandomTree.seeds {
            let tree = try RandomTree(seed: seed, unlinks: true)
            let references = InMemoryReferences()
            let plans = try [1, 2, 7, 2].map { width in
                let marker = Marker(
                    root: try tree.scene.root(),
                    references: references,
                    width: width
                )
                let mark = try marker.mark(Condemned(allUntagged: true), now: TreeScene.now)
                return SweepPlan(mark, rules: Self.atOnce, now: TreeScene.now).removals
            }
            #expect(plans.allSatisfy { $0 == plans[0] }, "\(seed)")
            await Task.yield()
        }
    }
}
