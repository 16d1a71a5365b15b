import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// Images that go by their names: what they take along, and what stays.
struct ImageRemovalTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }

    init() throws { scene = try TreeScene() }

    @Test func takesAllThatOnlyTheImageNeeds() throws {
        let gone = try tree.addImage("app", seed: "1", layers: ["a", "b"], tag: "v1")
        let kept = try tree.addImage("app", seed: "2", layers: ["c"], tag: "v2")
        let removal = try scene.removal("app:v1")
        #expect(removal.tagNames == ["app:v1"])
        #expect(removal.plan.manifests == [gone.manifest])
        #expect(removal.plan.content == Set(gone.layers + [gone.configuration, gone.manifest]))
        #expect(removal.missing.isEmpty && removal.refused.isEmpty && removal.doubts.isEmpty)

        let before = scene.bytes
        try scene.remove(removal.files)
        #expect(before - scene.bytes == removal.bytes)
        let left = try scene.mark()
        #expect(left.untagged.isEmpty && left.unreferenced.isEmpty)
        #expect(left.danglingLinks.isEmpty && left.doubts.isEmpty)
        #expect(left.isNeeded(kept.layers[0]))
    }

    @Test func keepsWhatAnotherImageOfTheRepositoryNeeds() throws {
        let gone = try tree.addImage("app", seed: "1", layers: ["a", "shared"], tag: "v1")
        try tree.addImage("app", seed: "2", layers: ["shared"], tag: "v2")
        // Nothing tags it, and nobody asked for it.
        let untagged = try tree.addImage("app", seed: "3", layers: ["a"])
        let content = try scene.removal("app:v1").plan.content
        #expect(content == [gone.configuration, gone.manifest])
        let both = try scene.removal("app:v1", "app@\(untagged.manifest)").plan.content
        #expect(both.contains(gone.layers[0]) && !both.contains(gone.layers[1]))
    }

    @Test func keepsWhatAnImageOfAnotherRepositoryNeeds() throws {
        let gone = try tree.addImage("app", seed: "1", layers: ["a", "shared"], tag: "v1")
        try tree.addImage("other", seed: "2", layers: ["shared"])
        let content = try scene.removal("app:v1").plan.content
        #expect(content == [gone.layers[0], gone.configuration, gone.manifest])
    }

    @Test func keepsAManifestThatAnotherRepositoryHasToo() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("other", seed: "1", layers: ["a"])
        let removal = try scene.removal("app:v1")
        #expect(removal.plan.manifests == [image.manifest])
        #expect(removal.plan.content.isEmpty)
    }

    @Test(arguments: [["app:v1"], ["app:v1", "app:v2"], ["app:v1", "app:v2", "other:v3"]])
    func countsContentThatImagesShareOnceAllOfThemGo(_ names: [String]) throws {
        let first = try tree.addImage("app", seed: "1", layers: ["shared"], tag: "v1")
        try tree.addImage("app", seed: "2", layers: ["shared"], tag: "v2")
        try tree.addImage("other", seed: "3", layers: ["shared"], tag: "v3")
        let removal = try scene.removal(try names.map { try TreeScene.image($0) })
        #expect(removal.plan.content.contains(first.layers[0]) == (names.count == 3))
        let before = scene.bytes
        try scene.remove(removal.files)
        #expect(before - scene.bytes == removal.bytes)
    }

    @Test func takesOnlyTheTagOfAManifestThatAnotherTagPointsTo() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.tag("app", "v2", image.manifest)
        let removal = try scene.removal("app:v1")
        #expect(removal.tagNames == ["app:v1"])
        #expect(removal.plan.removals.isEmpty)
    }

    @Test func takesAllTagsOfADigest() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.tag("app", "v2", image.manifest)
        let removal = try scene.removal("app@\(image.manifest)")
        #expect(removal.tagNames == ["app:v1", "app:v2"])
        #expect(removal.plan.content.contains(image.manifest))
    }

    @Test func takesWhatTagsThatStayRememberOfTheManifest() throws {
        let first = try tree.addImage("app", seed: "1", layers: ["a"], tag: "latest")
        let second = try tree.addImage("app", seed: "2", layers: ["b"], tag: "latest")
        let removal = try scene.removal("app@\(first.manifest)")
        #expect(removal.tags.isEmpty)
        let repository = try TreeScene.repository("app")
        let latest = try TreeScene.tag("latest")
        #expect(removal.files.contains(.tagIndexLink(repository, latest, first.manifest)))
        #expect(!removal.files.contains(.tagIndexLink(repository, latest, second.manifest)))
        let before = scene.bytes
        try scene.remove(removal.files)
        #expect(before - scene.bytes == removal.bytes)
    }

    // What the tag pointed to before is untagged already, and goes when the sweep says so.
    @Test func takesOnlyWhatATagPointsToNow() throws {
        let first = try tree.addImage("app", seed: "1", layers: ["a"], tag: "latest")
        let second = try tree.addImage("app", seed: "2", layers: ["b"], tag: "latest")
        let removal = try scene.removal("app:latest")
        #expect(removal.plan.manifests == [second.manifest])
        #expect(!removal.plan.content.contains(first.layers[0]))
        let before = scene.bytes
        try scene.remove(removal.files)
        #expect(before - scene.bytes == removal.bytes)
    }

    @Test func saysWhatIsNotThere() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let other = try tree.addImage("other", seed: "2", layers: ["b"], tag: "v1")
        let unknown = try [
            "nobody", "nobody:v1", "app:v2", "app@\(other.manifest)", "app@\(image.layers[0])",
        ].map { try TreeScene.image($0) }
        let removal = try scene.removal(unknown)
        #expect(removal.missing == unknown)
        #expect(removal.files.isEmpty && removal.refused.isEmpty)
        let mixed = try scene.removal("app:v2", "app:v1")
        #expect(mixed.missing.count == 1)
        #expect(mixed.tagNames == ["app:v1"])
    }

    @Test func keepsWhatIsYoungerThanTheGrace() throws {
        var young = tree
        young.modified = TreeScene.now - .minutes(59)
        let image = try young.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let removal = try scene.removal("app:v1")
        #expect(removal.tagNames == ["app:v1"])
        #expect(removal.plan.removals.isEmpty)
        let now = try scene.removal("app:v1", rules: SweepRules(isNow: true))
        #expect(now.plan.content == Set(image.layers + [image.configuration, image.manifest]))
    }
}
