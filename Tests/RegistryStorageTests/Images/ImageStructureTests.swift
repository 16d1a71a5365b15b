import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// Indexes, referrers, signatures and whole repositories that go by name.
struct ImageStructureTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }

    init() throws { scene = try TreeScene() }

    @Test func anIndexTakesItsChildrenAlong() throws {
        let children = try ["1", "2"].map {
            try tree.addImage("app", seed: $0, layers: ["\($0) own", "shared"])
        }
        let index = try tree.addIndex("app", children.map(\.manifest), tag: "v1")
        let outer = try tree.addIndex("app", [index], tag: "v1")
        let removal = try scene.removal("app:v1")
        #expect(removal.plan.manifests == Set(children.map(\.manifest) + [index, outer]))
        let all = children.flatMap { $0.layers + [$0.configuration] }
        #expect(removal.plan.content == Set(all + children.map(\.manifest) + [index, outer]))
    }

    @Test func aChildStaysThatATagOrAnotherIndexHolds() throws {
        let children = try ["1", "2", "3"].map {
            try tree.addImage("app", seed: $0, layers: [$0])
        }
        let index = try tree.addIndex("app", children.map(\.manifest), tag: "v1")
        try tree.tag("app", "amd64", children[0].manifest)
        try tree.addIndex("app", [children[1].manifest], tag: "v2")
        let removal = try scene.removal("app:v1")
        #expect(removal.plan.manifests == [index, children[2].manifest])
    }

    // An index may stay untagged: it was not named, so it and what it holds stays.
    @Test func refusesAChildOfAnIndexThatStays() throws {
        let child = try tree.addImage("app", seed: "1", layers: ["a"], tag: "amd64")
        let index = try tree.addIndex("app", [child.manifest])
        let name = "app@\(child.manifest)"
        let alone = try scene.removal(name)
        #expect(alone.refused.map(\.reason) == [.inKeptIndex])
        #expect(alone.files.isEmpty)
        let both = try scene.removal(name, "app@\(index)")
        #expect(both.refused.isEmpty)
        #expect(both.plan.manifests == [child.manifest, index])
        let tag = try scene.removal("app:amd64")
        #expect(tag.tagNames == ["app:amd64"])
        #expect(tag.plan.removals.isEmpty)
    }

    // The child is content of its own kind: its repository never linked it as a manifest.
    @Test func aChildWithoutALinkKeepsWhatItNeeds() throws {
        let child = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addIndex("app", [child.manifest], tag: "v2")
        try scene.remove([
            .revisionLink(try TreeScene.repository("app"), child.manifest)
        ])
        #expect(try scene.removal("app:v1").plan.removals.isEmpty)
    }

    @Test func keepsWhatAnIndexElsewhereHoldsWithoutALink() throws {
        let child = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("other", seed: "1", layers: ["a"])
        try tree.addIndex("other", [child.manifest], tag: "multi")
        // As `garbage-collect --delete-untagged` of 2.8 leaves it.
        try scene.remove([
            .revisionLink(try TreeScene.repository("other"), child.manifest)
        ])
        let removal = try scene.removal("app:v1")
        #expect(removal.plan.manifests == [child.manifest])
        #expect(removal.plan.content.isEmpty)
    }

    @Test func takesReferrersAndSignaturesAlong() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let referrer = try tree.addImage(
            "app",
            seed: "2",
            layers: ["sbom"],
            subject: image.manifest
        )
        let second = try tree.addImage(
            "app",
            seed: "3",
            layers: ["signature of it"],
            subject: referrer.manifest
        )
        let stem = "sha256-\(image.manifest.encoded)"
        let signature = try tree.addImage("app", seed: "4", layers: ["sig"], tag: stem + ".sig")
        let fallback = try tree.addIndex("app", [referrer.manifest], tag: stem)
        let removal = try scene.removal("app:v1")
        #expect(removal.tagNames == ["app:v1", "app:\(stem).sig", "app:\(stem)"])
        let all = [image, referrer, second, signature].map(\.manifest) + [fallback]
        #expect(removal.plan.manifests == Set(all))
    }

    @Test func referrersOfAManifestThatStaysStay() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.tag("app", "v2", image.manifest)
        try tree.addImage("app", seed: "2", layers: ["sbom"], subject: image.manifest)
        let stem = "sha256-\(image.manifest.encoded)"
        try tree.addImage("app", seed: "3", layers: ["sig"], tag: stem + ".sig")
        let removal = try scene.removal("app:v1")
        #expect(removal.tagNames == ["app:v1"])
        #expect(removal.plan.removals.isEmpty)
    }

    @Test func refusesWhatBelongsToAManifestThatStays() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let referrer = try tree.addImage(
            "app",
            seed: "2",
            layers: ["sbom"],
            subject: image.manifest
        )
        let tag = "sha256-\(image.manifest.encoded).sig"
        let signature = try tree.addImage("app", seed: "3", layers: ["sig"], tag: tag)
        for name in ["app@\(referrer.manifest)", "app:\(tag)", "app@\(signature.manifest)"] {
            let removal = try scene.removal(name)
            #expect(removal.refused.map(\.reason) == [.referrerOfKept], "\(name)")
            #expect(removal.files.isEmpty, "\(name)")
        }
        let all = try scene.removal("app:\(tag)", "app@\(referrer.manifest)", "app:v1")
        #expect(all.refused.isEmpty)
        #expect(all.plan.manifests.count == 3)
    }

    // It says so by its name, but there is nothing left that it could belong to.
    @Test func takesASignatureWhoseSubjectIsGone() throws {
        let digest = Digest(hashing: Array("gone".utf8))
        let tag = "sha256-\(digest.encoded).sig"
        try tree.addImage("app", seed: "1", layers: ["sig"], tag: tag)
        let removal = try scene.removal("app:\(tag)")
        #expect(removal.refused.isEmpty)
        #expect(removal.plan.manifests.count == 1)
    }

    @Test func aWholeRepositoryLeavesWhatOthersNeed() throws {
        let gone = try tree.addImage("app", seed: "1", layers: ["a", "shared"], tag: "v1")
        let untagged = try tree.addImage("app", seed: "2", layers: ["b"])
        let loose = try tree.addBlob(StorageTree.layer("loose", 64))
        try tree.linkLayer("app", loose)
        try tree.addUpload("app", "stale", bytes: 100)
        let inner = try tree.addImage("app/inner", seed: "3", layers: ["shared"], tag: "v1")
        let removal = try scene.removal("app")
        let own = [gone.layers[0], gone.configuration, gone.manifest, loose]
        let others = untagged.layers + [untagged.configuration, untagged.manifest]
        #expect(removal.plan.content == Set(own + others))
        let before = scene.bytes
        try scene.remove(removal.files)
        #expect(before - scene.bytes == removal.bytes)

        let root = try scene.root()
        for _ in 0..<2 { for path in removal.folders { _ = try root.removeEmptyFolder(path) } }
        let app = StoragePath.repository(try TreeScene.repository("app"))
        #expect(try root.list(app)?.map(\.name) == ["inner"])
        let left = try scene.mark()
        #expect(left.untagged.isEmpty && left.unreferenced.isEmpty && left.doubts.isEmpty)
        #expect(left.isNeeded(inner.layers[0]) && left.isNeeded(inner.manifest))
    }
}
