import RegistryModel
import RegistryStorage
import Synchronization
import TestSupport
import Testing

/// What the removal of an image costs does not grow with the rest of the registry.
struct ImageCostTests {
    /// Counts what is asked of it.
    private final class CountingReferences: ReferenceStore {
        let asked = Mutex<Set<PackedDigest>>([])
        let known = InMemoryReferences()

        func references(
            of digests: [PackedDigest]
        ) -> [PackedDigest: PackedReferences] {
            asked.withLock { $0.formUnion(digests) }
            return known.references(of: digests)
        }

        func keep(_ read: [(digest: PackedDigest, references: PackedReferences)]) {
            known.keep(read)
        }
    }

    private let folder: TemporaryFolder
    private let references = CountingReferences()

    init() throws { folder = try TemporaryFolder() }

    private func remove(_ image: String) throws -> (asked: Int, content: Set<Digest>) {
        let removal = try ImageRemoval.plan(
            [try TreeScene.image(image)],
            root: StorageRoot(path: folder.path),
            references: references,
            rules: SweepRules(),
            now: TreeScene.now
        )
        return (references.asked.withLock(\.count), removal.plan.content)
    }

    private func fill(baseLayers: Int) throws -> GeneratedTree {
        var shape = GeneratedTree.Shape(
            repositories: 30,
            tags: 4,
            untagged: 2,
            modified: TreeScene.old
        )
        shape.baseLayers = baseLayers
        return try GeneratedTree(path: folder.path, shape: shape)
    }

    @Test func readsOnlyItsOwnRepositoryWhereNothingIsShared() throws {
        let tree = try fill(baseLayers: 0)
        let (asked, content) = try remove("\(tree.name(7)):v1")
        #expect(asked == 6)
        #expect(content.count == 3)
    }

    // The first repository that needs what all share settles it.
    @Test func readsOneOtherRepositoryForWhatAllShare() throws {
        let tree = try fill(baseLayers: 3)
        let base = Digest(hashing: StorageTree.layer("base 0", tree.shape.layerBytes))
        let (asked, content) = try remove(tree.name(7))
        #expect(asked == 12)
        #expect(!content.isEmpty && !content.contains(base))
    }
}
