import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// A layer link is taken only while no push counts on it.
struct QuarantinedLinkTests {
    private let scene: TreeScene
    private let quarantine: Quarantine
    private let run = RunName(time: TreeScene.now, random: (1, 1))
    private let link: LayerLink
    private let path: StoragePath

    /// A repository's link to what is not there.
    init() throws {
        scene = try TreeScene()
        let digest = Digest(hashing: Array("layer".utf8))
        try scene.tree.linkLayer("a", digest)
        quarantine = Quarantine(root: try scene.root())
        link = try #require(try scene.mark().danglingLinks.first)
        path = .layerLink(link.repository, digest)
    }

    private var isInPlace: Bool {
        get throws { try quarantine.root.facts(path) != nil }
    }

    @Test func isTakenAsItWasFound() throws {
        #expect(try quarantine.take(link, for: run))
        #expect(try !isInPlace)
        #expect(try quarantine.contents(of: run).map(\.path) == [path])
    }

    // A push writes the link anew, into the same file.
    @Test func staysWhenItWasWrittenSince() throws {
        try StorageTree.date("\(scene.folder.path)/\(path)", TreeScene.old + .seconds(1))
        #expect(try !quarantine.take(link, for: run))
        #expect(try isInPlace)
    }

    // A push brings the data before it writes the link; it may be about to.
    @Test func staysWhenTheDataIsThereAgain() throws {
        try scene.tree.addBlob(Array("layer".utf8))
        #expect(try !quarantine.take(link, for: run))
        #expect(try isInPlace)
        #expect(try quarantine.contents(of: run).isEmpty)
    }

    @Test func isNoMatterWhenItIsGone() throws {
        #expect(try quarantine.take(link, for: run))
        #expect(try !quarantine.take(link, for: run))
    }
}
