import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What the ledger is told of a tree.
struct StorageInventoryTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }

    init() throws { scene = try TreeScene() }

    private func inventory() throws -> StorageInventory { StorageInventory(root: try scene.root()) }

    @Test func listsRepositoriesTagsAndManifests() throws {
        let first = try tree.addImage("b", seed: "1", layers: ["a"], tag: "v1")
        let second = try tree.addImage("b", seed: "2", layers: ["b"], tag: "v0")
        let untagged = try tree.addImage("b/inner", seed: "3", layers: ["c"])
        try tree.linkLayer("a", first.layers[0])
        try tree.linkLayer("Not_A_Name", first.layers[0])
        let inventory = try inventory()
        #expect(try inventory.repositories().map(\.description) == ["a", "b", "b/inner"])
        let tags = try inventory.tags(of: TreeScene.repository("b"))
        #expect(tags.map(\.name.description) == ["v0", "v1"])
        #expect(tags.map(\.digest) == [second.manifest, first.manifest])
        #expect(tags.allSatisfy { $0.modified == TreeScene.old })
        let revisions = try inventory.revisions(of: TreeScene.repository("b"))
        #expect(Set(revisions.map(\.digest)) == [first.manifest, second.manifest])
        #expect(revisions.map(\.digest) == revisions.map(\.digest).sorted())
        let inner = try inventory.revisions(of: TreeScene.repository("b/inner"))
        #expect(inner.map(\.digest) == [untagged.manifest])
        #expect(inner.map(\.modified) == [TreeScene.old])
    }

    @Test func aRepositoryThatIsNotThereHasNothing() throws {
        let inventory = try inventory()
        #expect(try inventory.repositories().isEmpty)
        #expect(try inventory.tags(of: TreeScene.repository("app")).isEmpty)
        #expect(try inventory.revisions(of: TreeScene.repository("app")).isEmpty)
    }

    @Test func readsManifestsThatTheRepositoryHas() throws {
        let text = HostileTreeTests.padded(1_000)
        let manifest = try tree.addManifest("app", text, tag: "v1")
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v2")
        let app = try TreeScene.repository("app")
        let inventory = try inventory()
        #expect(try inventory.manifest(app, manifest) == Array(text.utf8))
        #expect(try inventory.manifest(TreeScene.repository("other"), manifest) == nil)
        #expect(try inventory.manifest(app, image.layers[0]) == nil)
        try tree.write(Array("changed".utf8), to: tree.blobData(manifest))
        #expect(throws: StorageError.self) { try inventory.manifest(app, manifest) }
        try scene.remove([.blobData(manifest)])
        #expect(try inventory.manifest(app, manifest) == nil)
    }

    // A tag that can't be read must not seem to be gone.
    @Test func isWholeOrAnError() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("app", seed: "2", layers: ["b"], tag: "v2")
        let app = try TreeScene.repository("app")
        try tree.write([], to: "\(tree.tagFolder("app", "v1"))/current/link")
        let inventory = try inventory()
        #expect(throws: StorageError.self) { try inventory.tags(of: app) }
        #expect(try inventory.revisions(of: app).count == 2)
        try tree.write([], to: tree.revisionLink("app", image.manifest))
        #expect(throws: StorageError.self) { try inventory.revisions(of: app) }
    }

    // A tag that is being pushed or removed at this moment is no tag yet, or no more.
    @Test func leavesOutWhatIsUnderWay() throws {
        try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try StorageTree.makeFolders("\(tree.tagFolder("app", "v2"))/current")
        try tree.write([], to: "\(tree.repository("app"))/_manifests/tags/v3.1.tmp")
        let tags = try inventory().tags(of: TreeScene.repository("app"))
        #expect(tags.map(\.name.description) == ["v1"])
    }
}
