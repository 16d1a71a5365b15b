import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// A layer link that was taken is wanted again only by its own repository.
struct WantedLinkTests {
    private let scene: TreeScene
    private let layer: Digest

    /// `a` needs the layer.
    init() throws {
        scene = try TreeScene()
        let image = try scene.tree.addImage("a", seed: "one", layers: ["shared"], tag: "v1")
        layer = image.layers[0]
    }

    private func isWanted(in name: String) throws -> Bool {
        let key = RevisionKey(repository: try TreeScene.repository(name), digest: layer)
        return try scene.mark(Condemned(takenLinks: [key])).wantsLink(key)
    }

    @Test func anotherRepositorysNeedIsNone() throws {
        try scene.tree.linkLayer("b", layer)
        #expect(try isWanted(in: "a"))
        #expect(try !isWanted(in: "b"))
    }

    // It may be just what can't be read that needs it.
    @Test func aDoubtfulRepositoryWantsAllBack() throws {
        let manifest = try scene.tree.addBlob(Array("no manifest".utf8))
        try scene.tree.linkRevision("b", manifest)
        try scene.tree.tag("b", "v1", manifest)
        #expect(try isWanted(in: "b"))
    }
}
