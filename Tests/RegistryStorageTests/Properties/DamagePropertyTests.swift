import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What holds for random trees of which some files were damaged: what a tag holds stays.
struct DamagePropertyTests {
    private static let atOnce = SweepRules(isNow: true)

    /// What happens to a file.
    private enum Damage: Int, CaseIterable {
        case rubbish
        case half
        case empty
        case folder
        case link
        case gone
    }

    /// Damages one to three files of a tree that `isChosen` lets it.
    private func damage(
        _ tree: RandomTree,
        _ random: inout Dice,
        where isChosen: (String, Damage) -> Bool
    ) throws -> [String] {
        let disk = RegistryDisk(tree.scene.folder.path)
        let files = disk.files(in: "docker").map(\.path).sorted()
        var damaged: [String] = []
        for _ in 0...random.below(3) {
            let file = files[random.below(files.count)]
            let damage = Damage.allCases[random.below(Damage.allCases.count)]
            guard isChosen(file, damage), !damaged.contains(where: { $0.hasSuffix(file) }) else {
                continue
            }
            try apply(damage, to: tree.scene.folder.file(file), tree.scene)
            damaged.append("\(damage) \(file)")
        }
        return damaged
    }

    private func apply(_ damage: Damage, to path: String, _ scene: TreeScene) throws {
        let bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
        switch damage {
        case .rubbish: try scene.tree.write(Array("rubbish".utf8), to: path)
        case .half: try scene.tree.write(Array(bytes.prefix(bytes.count / 2)), to: path)
        case .empty: try scene.tree.write([], to: path)
        case .folder: try scene.replaceByFolder(path)
        case .link: try scene.link(path, to: "elsewhere")
        case .gone: try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test func aSweepTakesNothingThatATagHeld() async throws {
        var sawDamage = false
        var sawGarbage = false
        for seed in RandomTree.seeds {
            let tree = try RandomTree(seed: seed)
            var random = Dice(state: seed &+ 77)
            // A referrer that has lost its link is none any more.
            let damaged = try damage(tree, &random) { file, damage in
                damage != .gone || !file.contains("/revisions/")
            }
            let plan = try tree.scene.sweep(Self.atOnce)
            for (name, kept) in tree.tagged {
                #expect(plan.content.isDisjoint(with: tree.content(kept)), "\(seed): \(damaged)")
                let lost = plan.removals.filter {
                    $0.kind == .manifest && $0.repository?.description == name
                }
                #expect(kept.isDisjoint(with: lost.compactMap(\.digest)), "\(seed): \(damaged)")
            }
            sawDamage = sawDamage || !damaged.isEmpty
            sawGarbage = sawGarbage || !plan.content.isEmpty
            await Task.yield()
        }
        #expect(sawDamage && sawGarbage)
    }

    // A layer that a repository does not link any more it can't serve, and does not speak for.
    @Test func aRemovalTakesNoMoreThanAWholeMarkDoes() async throws {
        var sawContent = false
        for seed in RandomTree.seeds {
            var tree = try RandomTree(seed: seed)
            var random = Dice(state: seed &+ 99)
            let images = try tree.choose(wholes: false)
            let damaged = try damage(tree, &random) { file, damage in
                damage != .gone || !file.contains("/_layers/")
            }
            let removal = try tree.scene.removal(images, rules: Self.atOnce)
            var condemned = Condemned(tags: Set(removal.tags.map(\.key)))
            for gone in removal.plan.removals where gone.kind == .manifest {
                guard let repository = gone.repository, let digest = gone.digest else { continue }
                condemned.revisions.insert(RevisionKey(repository: repository, digest: digest))
            }
            let mark = try tree.scene.mark(condemned)
            let links = Set(
                mark.untagged.map { StoragePath.revisionLink($0.key.repository, $0.key.digest) }
            )
            let planned = removal.plan.removals.filter { $0.kind == .manifest }
            let revisions = planned.flatMap(\.files).filter { $0.place == .revision }
            #expect(links.isSuperset(of: revisions), "\(seed): \(damaged)")
            let unreferenced = Set(mark.unreferenced.map(\.digest))
            #expect(removal.plan.content.isSubset(of: unreferenced), "\(seed): \(damaged)")
            sawContent = sawContent || !removal.plan.content.isEmpty
            await Task.yield()
        }
        #expect(sawContent)
    }
}
