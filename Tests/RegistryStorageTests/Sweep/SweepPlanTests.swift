import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What a sweep plans beside its grace: what holds what, the scope, and the bytes.
struct SweepPlanTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }
    private var young: StorageTree {
        var young = scene.tree
        young.modified = TreeScene.now - .minutes(5)
        return young
    }

    init() throws { scene = try TreeScene() }

    @Test func aYoungManifestHoldsItsOldContent() throws {
        let old = try tree.addImage("app", seed: "1", layers: ["a", "b"])
        let new = try young.addImage("app", seed: "2", layers: [])
        let both = try young.addImage("other", seed: "3", layers: ["fresh"])
        // Pushed a moment ago, over a layer that has been there for long.
        try tree.linkLayer("app", old.layers[0])
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + #"{"digest":"\#(new.configuration)","size":1},"layers":[{"digest":"\#(old.layers[0])","#
            + #""size":64}]}"#
        let manifest = try young.addManifest("app", text)
        let plan = try scene.sweep()
        #expect(plan.manifests == [old.manifest])
        #expect(plan.content == [old.manifest, old.layers[1], old.configuration])
        #expect(plan.kept[.heldByKept] != nil)
        #expect(!plan.content.contains(manifest) && !plan.content.contains(both.manifest))
    }

    // It is no registry's, so it stays; but somebody is told that it is there, and since when.
    @Test(arguments: ["old.part", "a b"])
    func whatNoRegistryNamedAmongUploadsIsToldOf(name: String) throws {
        try tree.addUpload("app", name, bytes: 5_000)
        let plan = try scene.sweep()
        #expect(plan.removals.isEmpty)
        let doubt = try #require(try scene.mark().doubts.first)
        #expect(doubt.extent == .entry && doubt.path.description.hasSuffix("_uploads/\(name)"))
        #expect(
            doubt.text == "not the folder of an upload: 5.0 kB, last written 2026-04-28T20:26:40Z; "
                + "remove it if it is nobody's"
        )
    }

    // Others remove the manifest before, over the registry's API: what it needed goes as blobs.
    @Test func whatGoesBeforeHoldsNothing() throws {
        let goes = try tree.addImage("app", seed: "1", layers: ["a", "both"])
        let stays = try tree.addImage("app", seed: "2", layers: ["both"])
        let key = RevisionKey(repository: try TreeScene.repository("app"), digest: goes.manifest)
        var rules = SweepRules()
        rules.manifestsGoBefore = true
        let plan = try scene.sweep(rules, Condemned(revisions: [key]))
        #expect(plan.manifests.isEmpty && plan.removals.allSatisfy { $0.kind == .blob })
        #expect(plan.content == [goes.manifest, goes.configuration, goes.layers[0]])
        #expect(Set(plan.releasedBefore.keys) == plan.content)
        #expect(!plan.content.contains(stays.manifest))
        let links = plan.removals.flatMap(\.links).reduce(0) { $0 + $1.bytes }
        #expect(plan.releasedBefore.values.reduce(0, +) + links == plan.bytes)
    }

    @Test func aYoungIndexHoldsItsOldChildrenAndReferrers() throws {
        let child = try tree.addImage("app", seed: "1", layers: ["a"])
        let index = try young.addIndex("app", [child.manifest])
        try tree.addImage("app", seed: "2", layers: ["b"], subject: index)
        let plan = try scene.sweep()
        #expect(plan.removals.isEmpty)
        #expect(plan.kept[.inKeptIndex] == 1)
        #expect(plan.kept[.referrerOfKept] == 1)
        #expect(plan.kept[.youngerThanGrace] == 1)
        #expect(try scene.sweep(SweepRules(isNow: true)).manifests.count == 3)
    }

    @Test func theContentOfAManifestGoesOnceWithTheFirstOfItsLinks() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"])
        try tree.addImage("other", seed: "1", layers: ["a"])
        let plan = try scene.sweep()
        let manifests = plan.removals.filter { $0.kind == .manifest }
        #expect(manifests.map { $0.files.contains(.blobData(image.manifest)) } == [true, false])
        let before = scene.bytes
        try scene.remove(plan.files)
        #expect(before - scene.bytes == plan.bytes)
    }

    @Test func onlyTheNamedRepositoriesLoseSomething() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a", "shared"])
        let other = try tree.addImage("other", seed: "2", layers: ["b", "shared"])
        let lost = try tree.addBlob(StorageTree.layer("nothing links it", 64))
        try tree.addUpload("app", "one", bytes: 10)
        try tree.addUpload("other", "two", bytes: 10)
        let app = try TreeScene.repository("app")
        let plan = try scene.sweep(SweepRules(repositories: { $0 == app }))
        #expect(plan.content == [image.manifest, image.configuration, image.layers[0]])
        #expect(plan.removals.filter { $0.kind == .upload }.map(\.repository) == [app])
        let foreign = plan.removals.contains { $0.repository.map { $0 != app } ?? false }
        #expect(!foreign)
        let all = try scene.sweep().content
        #expect(all.isSuperset(of: other.layers + [lost]))
    }

    @Test func theScopeSaysWhatKindsGo() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"])
        try tree.addUpload("app", "one", bytes: 10)
        let loose = try tree.addBlob(StorageTree.layer("loose", 64))
        try tree.linkLayer("app", loose)
        try tree.linkLayer("app", Digest(hashing: Array("gone".utf8)))
        func kinds(_ scope: SweepRules.Scope) throws -> Set<Removal.Kind> {
            Set(try scene.sweep(SweepRules(scope: scope)).removals.map(\.kind))
        }
        #expect(try kinds(.uploads) == [.upload])
        #expect(try kinds(.links) == [.link])
        #expect(try kinds(.revisions) == [.manifest])
        // What the manifests need stays with them.
        let blobs = try scene.sweep(SweepRules(scope: .blobs))
        #expect(blobs.content == [loose])
        #expect(!blobs.content.contains(image.layers[0]))
    }

    @Test func manifestDataStaysWhereItCanNotBeForgotten() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"])
        let plan = try scene.sweep(SweepRules(leavesManifestData: true))
        #expect(plan.manifests == [image.manifest])
        #expect(plan.content == [image.layers[0], image.configuration])
        #expect(plan.kept == [.manifestData: 1])
    }

    // A DELETE leaves the folder, and 2.8's collector not even that.
    @Test(arguments: [true, false])
    func manifestDataStaysAlsoAfterItsLinkIsGone(_ leavesFolder: Bool) throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"])
        let app = try TreeScene.repository("app")
        try scene.remove([.revisionLink(app, image.manifest)])
        let root = try scene.root()
        if !leavesFolder { _ = try root.removeEmptyFolder(.revisionFolder(app, image.manifest)) }
        var rules = SweepRules(leavesManifestData: true)
        let mark = try scene.mark()
        rules.manifestLike = mark.manifestLike(in: root)
        let plan = SweepPlan(mark, rules: rules, now: TreeScene.now)
        #expect(plan.content == [image.layers[0], image.configuration])
        #expect(plan.kept[.manifestData] == 1)
        #expect(try scene.sweep().content.contains(image.manifest))
    }
}
