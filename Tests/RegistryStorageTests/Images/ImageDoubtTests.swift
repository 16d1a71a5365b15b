import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// Images that go by name in trees of which not all can be understood: what may be needed stays.
struct ImageDoubtTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }

    init() throws { scene = try TreeScene() }

    /// Makes a repository with a manifest that can't be read.
    private func addUnreadable(_ repository: String) throws {
        try tree.addManifest(repository, #"{"schemaVersion":2,"mediaType":"x/y"}"#, tag: "odd")
    }

    @Test func refusesWhereAManifestCanNotBeRead() throws {
        try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try addUnreadable("app")
        for name in ["app:v1", "app"] {
            let removal = try scene.removal(name)
            guard case .repositoryUnreadable(let text)? = removal.refused.first?.reason else {
                Issue.record("\(name) is not refused")
                continue
            }
            #expect(text.contains("_manifests/revisions"))
            #expect(removal.files.isEmpty)
        }
    }

    @Test func keepsWhatAnUnreadableRepositoryLinks() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a", "b"], tag: "v1")
        try tree.linkLayer("other", image.layers[0])
        try addUnreadable("other")
        let removal = try scene.removal("app:v1")
        #expect(!removal.plan.content.contains(image.layers[0]))
        #expect(removal.plan.content.contains(image.layers[1]))
        #expect(removal.doubts.contains { $0.repository?.description == "other" })
    }

    // The repository is read with the first one, since an image of it was named, too.
    @Test func keepsWhatAnUnreadableRepositoryLinksThatIsNamedToo() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a", "b"], tag: "v1")
        try tree.addImage("other", seed: "2", layers: ["b", "c"], tag: "v1")
        try tree.linkLayer("other", image.layers[0])
        try addUnreadable("other")
        let removal = try scene.removal("app:v1", "other:v1")
        #expect(removal.refused.map(\.image.repository.description) == ["other"])
        #expect(removal.tagNames == ["app:v1"])
        #expect(removal.plan.content == [image.configuration, image.manifest])
    }

    @Test func keepsWhatAFolderOfNoRepositorysNameLinks() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.linkLayer("Not_A_Name", image.layers[0])
        let content = try scene.removal("app:v1").plan.content
        #expect(content == [image.configuration, image.manifest])
    }

    @Test(arguments: ["_layers", "_manifests/revisions"])
    func keepsWhatAnOddEntryElsewhereIsNamedFor(_ part: String) throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let place = "\(tree.repository("other"))/\(part)/sha256/\(image.layers[0].encoded)"
        try tree.write([], to: place)
        #expect(try !scene.removal("app:v1").plan.content.contains(image.layers[0]))
        try scene.link(place, to: "nowhere")
        #expect(try !scene.removal("app:v1").plan.content.contains(image.layers[0]))
    }

    @Test(arguments: ["_layers", "_layers/sha256", "_manifests", "_manifests/revisions/sha256"])
    func takesNoContentWhereALinkHidesWhatARepositoryNeeds(_ part: String) throws {
        try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("other", seed: "2", layers: ["a"], tag: "v1")
        try scene.link("\(tree.repository("other"))/\(part)", to: "/nowhere")
        let removal = try scene.removal("app:v1")
        #expect(removal.plan.content.isEmpty)
        #expect(!removal.doubts.isEmpty)
    }

    // Else a manifest would go that a tag points to which can't be seen.
    @Test func refusesWhereTagsAreHidden() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let tags = "\(tree.repository("app"))/_manifests/tags"
        try FileManager.default.moveItem(atPath: tags, toPath: scene.folder.file("tags"))
        try scene.link(tags, to: scene.folder.file("tags"))
        let removal = try scene.removal("app@\(image.manifest)")
        #expect(removal.refused.count == 1)
        #expect(removal.files.isEmpty)
        let plan = try scene.sweep(SweepRules(isNow: true))
        #expect(plan.removals.isEmpty)
    }

    @Test func takesWhatAnotherRepositoryOnlyMounted() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.linkLayer("other", image.layers[0])
        let removal = try scene.removal("app:v1")
        let blob = try #require(removal.plan.removals.first { $0.digest == image.layers[0] })
        #expect(blob.links.map(\.repository.description) == ["app", "other"])
        let before = scene.bytes
        try scene.remove(removal.files)
        #expect(before - scene.bytes == removal.bytes)
    }

    @Test func keepsWhatWasMountedJustNow() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        var young = tree
        young.modified = TreeScene.now - .minutes(5)
        try young.linkLayer("other", image.layers[0])
        let removal = try scene.removal("app:v1")
        #expect(!removal.plan.content.contains(image.layers[0]))
        #expect(removal.plan.kept[.youngerThanGrace] == 1)
    }

    // The mount is two hours old, and the push that needs it goes on.
    @Test func keepsWhatASlowPushElsewhereMayNeed() throws {
        var tree = tree
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        tree.modified = TreeScene.now - .hours(2)
        try tree.linkLayer("other", image.layers[0])
        tree.modified = TreeScene.now - .minutes(5)
        try tree.addUpload("other", "large", bytes: 10)
        let removal = try scene.removal("app:v1")
        #expect(!removal.plan.content.contains(image.layers[0]))
        #expect(removal.plan.kept[.slowPush] == 1)
    }

    @Test func aTagWhoseManifestIsGoneIsRefused() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("app", seed: "2", layers: ["a"], tag: "v2")
        try scene.remove([.blobData(image.manifest)])
        let removal = try scene.removal("app:v2")
        #expect(removal.refused.count == 1)
        #expect(removal.files.isEmpty)
    }

    // Its own content is of no importance any more: the rest of the repository can be read.
    @Test func aTagWhoseManifestIsGoneGoesItself() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("app", seed: "2", layers: ["b"], tag: "v2")
        try scene.remove([.blobData(image.manifest)])
        let removal = try scene.removal("app:v1")
        #expect(removal.tagNames == ["app:v1"])
        #expect(removal.plan.manifests == [image.manifest])
        #expect(removal.plan.content.isEmpty)
    }

    // A cache in front of the driver does not forget the content of manifests.
    @Test func leavesManifestDataWhereItCanNotBeForgotten() throws {
        let child = try tree.addImage("app", seed: "1", layers: ["a"])
        let index = try tree.addIndex("app", [child.manifest], tag: "v1")
        try scene.remove([.revisionLink(try TreeScene.repository("app"), child.manifest)])
        let rules = SweepRules(leavesManifestData: true)
        let removal = try scene.removal("app:v1", rules: rules)
        #expect(removal.plan.manifests == [index])
        #expect(removal.plan.content.isEmpty)
        #expect(removal.plan.kept[.manifestData] == 2)
    }
}
