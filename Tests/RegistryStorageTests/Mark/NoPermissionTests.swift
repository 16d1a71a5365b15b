import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What lastpull has no right to read may hold anything.
///
/// The tests read as another user: on one thread, whose right to files is changed for that time.
struct NoPermissionTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }
    private let image: StorageTree.Image

    init() throws {
        scene = try TreeScene()
        image = try scene.tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try scene.tree.addImage("app", seed: "2", layers: ["b"])
        try scene.tree.addImage("other", seed: "3", layers: ["c"])
    }

    /// `setfsuid(2)`, which is not among what Swift imports.
    ///
    /// It changes this thread's right to files, and takes root's from it.
    private static let becomeReader: @convention(c) (UInt32) -> Int32 = unsafeBitCast(
        dlsym(nil, "setfsuid"),
        to: (@convention(c) (UInt32) -> Int32).self
    )

    /// Marks without any right to `path`.
    private func mark(without path: String) throws -> Mark {
        chmod(path, 0)
        defer { chmod(path, 0o755) }
        // Nothing here is awaited, so it all happens on this thread.
        _ = Self.becomeReader(65_534)
        defer { _ = Self.becomeReader(0) }
        let file = open(path, O_RDONLY)
        try #require(file < 0, "\(path) can be read all the same")
        return try Marker(root: scene.root(), references: scene.references, width: 1)
            .mark(Condemned(allUntagged: true), now: TreeScene.now)
    }

    private func plan(without path: String) throws -> SweepPlan {
        SweepPlan(try mark(without: path), rules: SweepRules(isNow: true), now: TreeScene.now)
    }

    @Test(arguments: ["_manifests/tags", "_manifests/revisions", "_layers/sha256", "_manifests"])
    func takesNoContentWhereAFolderCanNotBeRead(_ part: String) throws {
        let plan = try plan(without: "\(tree.repository("app"))/\(part)")
        #expect(plan.content.isEmpty)
        let app = try TreeScene.repository("app")
        let lost = plan.removals.filter { $0.repository == app }
        #expect(lost.isEmpty)
    }

    @Test func keepsWhatARepositoryLinksWhoseTagCanNotBeRead() throws {
        let plan = try plan(without: "\(tree.tagFolder("app", "v1"))/current/link")
        #expect(plan.content.count == 3)
        #expect(plan.content.isDisjoint(with: image.layers))
        #expect(plan.manifests.count == 1)
    }

    @Test func keepsWhatARepositoryLinksWhoseManifestCanNotBeRead() throws {
        let plan = try plan(without: tree.blobData(image.manifest))
        #expect(plan.content.count == 3)
        #expect(plan.manifests.count == 1)
    }

    @Test func refusesWhereRepositoriesOrBlobsCanNotBeFound() throws {
        let shard = (tree.blobFolder(image.layers[0]) as NSString).deletingLastPathComponent
        for path in ["\(tree.base)/repositories/app", "\(tree.base)/repositories", shard] {
            #expect(throws: StorageError.self, "\(path)") { try mark(without: path) }
        }
    }

    @Test func saysOfAnInventoryThatItIsNotWhole() throws {
        let tags = "\(tree.repository("app"))/_manifests/tags"
        chmod(tags, 0)
        defer { chmod(tags, 0o755) }
        _ = Self.becomeReader(65_534)
        defer { _ = Self.becomeReader(0) }
        let inventory = StorageInventory(root: try scene.root())
        #expect(throws: StorageError.self) {
            try inventory.tags(of: TreeScene.repository("app"))
        }
        #expect(try inventory.tags(of: TreeScene.repository("other")).isEmpty)
    }
}
