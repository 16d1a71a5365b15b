import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// Beside distribution's own collector, as far as it is right.
@Suite(.enabled(if: Command.find("docker-registry") != nil))
struct CollectorTests {
    private let scene: TreeScene

    init() throws { scene = try TreeScene() }

    private struct Plan {
        var blobs: Set<Digest> = []
        var manifests: Set<Digest> = []
    }

    /// What `garbage-collect --delete-untagged` of 2.8 would delete.
    private func collect(_ scene: TreeScene) async throws -> Plan {
        let settings = try scene.folder.write(
            """
            version: 0.1
            storage: { filesystem: { rootdirectory: \(scene.folder.path) } }
            """,
            to: "collector.yml"
        )
        let binary = try #require(Command.find("docker-registry"))
        let arguments = ["garbage-collect", "--dry-run", "--delete-untagged", settings]
        let result = try await Command.run(binary, arguments)
        try #require(result.status == 0, "\(result.errors)")
        var plan = Plan()
        for line in result.output.split(separator: "\n") {
            guard let digest = line.split(separator: " ").last.flatMap({ Digest($0) }) else {
                continue
            }
            if line.hasPrefix("blob eligible for deletion: ") { plan.blobs.insert(digest) }
            if line.hasPrefix("manifest eligible for deletion: ") { plan.manifests.insert(digest) }
        }
        return plan
    }

    @Test(arguments: [false, true])
    func agreesOnImages(_ isNested: Bool) async throws {
        var shape = GeneratedTree.Shape(
            repositories: 6,
            tags: 8,
            untagged: 5,
            modified: TreeScene.old
        )
        shape.baseLayers = 2
        shape.looseLayers = 3
        shape.uploads = 1
        shape.isNested = isNested
        _ = try GeneratedTree(path: scene.folder.path, shape: shape)
        let theirs = try await collect(scene)
        let ours = try scene.sweep()
        #expect(ours.content == theirs.blobs)
        #expect(ours.manifests == theirs.manifests)
        #expect(theirs.manifests.count == 30)
    }

    // 2.8 does not look into indexes, and does not know referrers: it takes what they hold.
    @Test func differsInChildrenOfIndexesAndReferrersOnly() async throws {
        var shape = GeneratedTree.Shape(
            repositories: 3,
            tags: 4,
            untagged: 2,
            modified: TreeScene.old
        )
        shape.indexes = 2
        shape.referrers = 2
        _ = try GeneratedTree(path: scene.folder.path, shape: shape)
        let theirs = try await collect(scene)
        let mark = try scene.mark()
        let ours = SweepPlan(mark, rules: SweepRules(), now: TreeScene.now)
        #expect(ours.content.isSubset(of: theirs.blobs))
        let spared = theirs.manifests.subtracting(ours.manifests)
        #expect(spared == Set(mark.keptUntagged.map(\.key.digest)))
        #expect(spared.count == 18)
        #expect(ours.manifests.isSubset(of: theirs.manifests))
        // What children refer to, and referrers with what they refer to; an index names its children
        // as content, so that theirs is spared.
        let taken = theirs.blobs.subtracting(ours.content)
        let perRepository = 4 * 2 + 2 * 3
        #expect(taken.count == 3 * perRepository)
        #expect(taken.allSatisfy { mark.isNeeded($0) })
    }

    @Test(arguments: RandomTree.seeds.prefix(12))
    func agreesOnRandomTreesButForStructure(_ seed: UInt64) async throws {
        let tree = try RandomTree(seed: seed)
        // It gives up where a repository has no folder for tags.
        for name in tree.repositories.keys {
            try StorageTree.makeFolders("\(tree.scene.tree.repository(name))/_manifests/tags")
        }
        let theirs = try await collect(tree.scene)
        let ours = try tree.scene.sweep()
        var held: Set<Digest> = []
        for (name, content) in tree.repositories {
            let kept = tree.tagged[name] ?? []
            held.formUnion(tree.content(kept.subtracting(content.tags.values)))
        }
        #expect(ours.content.isSubset(of: theirs.blobs))
        #expect(theirs.blobs.subtracting(ours.content).isSubset(of: held))
        #expect(ours.manifests.isSubset(of: theirs.manifests))
        #expect(theirs.manifests.subtracting(ours.manifests).isSubset(of: held))
    }
}
