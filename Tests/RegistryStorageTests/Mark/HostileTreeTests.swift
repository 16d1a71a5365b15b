import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// Trees that no registry leaves behind: what could not be understood may need anything.
struct HostileTreeTests {
    /// One thing that is wrong in a repository `odd` beside a good one.
    struct Damage: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// What it keeps; nil when it is of no matter.
        var extent: Doubt.Extent?
        var make: @Sendable (Scene) throws -> Void

        init(
            _ name: String,
            _ extent: Doubt.Extent?,
            _ make: @escaping @Sendable (Scene) throws -> Void
        ) {
            testDescription = name
            self.extent = extent
            self.make = make
        }
    }

    /// `odd` has a tagged and an untagged image and a loose layer, `good` the same.
    struct Scene {
        let base: TreeScene
        let tagged: StorageTree.Image
        let untagged: StorageTree.Image
        let loose: Digest
        let garbage: StorageTree.Image
        let good: StorageTree.Image
        var tree: StorageTree { base.tree }

        init() throws {
            base = try TreeScene()
            let tree = base.tree
            tagged = try tree.addImage("odd", seed: "1", layers: ["a"], tag: "v1")
            untagged = try tree.addImage("odd", seed: "2", layers: ["b"])
            loose = try tree.addBlob(StorageTree.layer("loose", 64))
            try tree.linkLayer("odd", loose)
            good = try tree.addImage("good", seed: "3", layers: ["c"], tag: "v1")
            garbage = try tree.addImage("good", seed: "4", layers: ["d"])
        }

        /// All content that `odd` links.
        var own: Set<Digest> {
            Set(
                [tagged, untagged].flatMap { $0.layers + [$0.configuration, $0.manifest] } + [loose]
            )
        }

        var repository: String { tree.repository("odd") }
        var revision: String { tree.revisionLink("odd", untagged.manifest) }
        var layer: String { tree.layerLink("odd", loose) }
        var current: String { "\(tree.tagFolder("odd", "v1"))/current/link" }
        var tags: String { "\(repository)/_manifests/tags" }
        var revisions: String { "\(repository)/_manifests/revisions" }
        var data: String { tree.blobData(untagged.manifest) }

        func write(_ text: String, _ path: String) throws {
            try tree.write(Array(text.utf8), to: path)
        }

        func putFile(_ path: String) throws {
            try FileManager.default.removeItem(atPath: path)
            try tree.write(Array("file".utf8), to: path)
        }

        func putLink(_ path: String) throws { try base.link(path, to: base.folder.file("else")) }

        /// Moves something out of the tree, and puts a link to it in its place.
        func moveBehindLink(_ path: String) throws {
            let target = base.folder.file("elsewhere")
            try FileManager.default.moveItem(atPath: path, toPath: target)
            try base.link(path, to: target)
        }
    }

    static let links: [Damage] = [
        Damage("rubbish in a revision's link", .repository) { try $0.write("x", $0.revision) },
        Damage("a revision's link half written", .repository) {
            try $0.write("sha256:0123", $0.revision)
        },
        Damage("an empty revision's link", .repository) { try $0.write("", $0.revision) },
        Damage("more after a revision's link", .repository) {
            try $0.write("\($0.untagged.manifest)\n\n", $0.revision)
        },
        Damage("upper case in a revision's link", .repository) {
            try $0.write("\($0.untagged.manifest)".uppercased(), $0.revision)
        },
        Damage("a revision's link to another one", .repository) {
            try $0.write("\($0.tagged.manifest)", $0.revision)
        },
        Damage("a line's end after a link", nil) {
            try $0.write("\($0.untagged.manifest)\n", $0.revision)
        },
        Damage("a folder for a revision's link", .repository) {
            try $0.base.replaceByFolder($0.revision)
        },
        Damage("a symbolic revision's link", .repository) { try $0.moveBehindLink($0.revision) },
        Damage("a loop for a revision's link", .repository) {
            try $0.base.link($0.revision, to: $0.revision)
        },
        Damage("a pipe for a revision's link", .repository) {
            unlink($0.revision)
            mkfifo($0.revision, 0o600)
        },
        Damage("rubbish in a layer's link", .repository) { try $0.write("x", $0.layer) },
        Damage("a layer's link to another one", .repository) {
            try $0.write("\($0.tagged.layers[0])", $0.layer)
        },
        Damage("a symbolic layer's link", .repository) { try $0.moveBehindLink($0.layer) },
        Damage("a file for a layer's folder", .repository) {
            try $0.putFile(($0.layer as NSString).deletingLastPathComponent)
        },
        Damage("an unfinished link beside", nil) { try $0.write("sha", $0.layer + ".1.tmp") },
    ]

    static let tags: [Damage] = [
        Damage("rubbish in a tag", .repository) { try $0.write("latest", $0.current) },
        Damage("an empty tag", .repository) { try $0.write("", $0.current) },
        Damage("a tag of another algorithm", .repository) {
            try $0.write("sha512:" + String(repeating: "ab", count: 64), $0.current)
        },
        Damage("a folder for a tag's link", .repository) {
            try $0.base.replaceByFolder($0.current)
        },
        Damage("a file for a tag's current", .repository) {
            try $0.putFile(($0.current as NSString).deletingLastPathComponent)
        },
        Damage("a symbolic tag", .repository) { try $0.moveBehindLink($0.current) },
        Damage("a symbolic tag's folder", .repository) {
            try $0.moveBehindLink($0.tree.tagFolder("odd", "v1"))
        },
        Damage("a tag that lost what it points to", .repository) { unlink($0.current) },
        Damage("a file for a tag", .repository) {
            try $0.putFile($0.tree.tagFolder("odd", "v1"))
        },
        Damage("a tag of no tag's name", .repository) {
            try $0.write("x", "\($0.tags)/-not a tag/current/link")
        },
        Damage("a tag whose name is not UTF-8", .repository) { scene in
            let name = Array(scene.tags.utf8CString.dropLast()) + [0x2F, -1, -2, 0]
            mkdir(name, 0o755)
        },
        Damage("a file for all tags", .registry) { try $0.putFile($0.tags) },
        Damage("all tags behind a link", .registry) { try $0.moveBehindLink($0.tags) },
        Damage("a tag to a manifest that was never there", .repository) {
            try $0.write("\(Digest(hashing: [1]))", $0.current)
        },
        Damage("a tag to a layer", .repository) { try $0.write("\($0.loose)", $0.current) },
    ]

    static let folders: [Damage] = [
        Damage("a file for all revisions", .registry) { try $0.putFile($0.revisions) },
        Damage("a file for all of SHA-256", .registry) {
            try $0.putFile($0.revisions + "/sha256")
        },
        Damage("a file for a revision", .repository) {
            try $0.putFile(($0.revision as NSString).deletingLastPathComponent)
        },
        Damage("a revision of no digest's name", .repository) {
            try $0.write("x", $0.revisions + "/sha256/abc/link")
        },
        Damage("all revisions behind a link", .registry) { try $0.moveBehindLink($0.revisions) },
        Damage("all layers behind a link", .registry) {
            try $0.moveBehindLink("\($0.repository)/_layers/sha256")
        },
        Damage("all manifests behind a link", .registry) {
            try $0.moveBehindLink("\($0.repository)/_manifests")
        },
        Damage("a repository behind a link", .registry) { try $0.moveBehindLink($0.repository) },
        Damage("a loop among repositories", .registry) {
            try $0.base.link("\($0.repository)/loop", to: "\($0.tree.base)/repositories")
        },
        Damage("a repository whose name is not UTF-8", .registry) { scene in
            let name = Array(scene.repository.utf8CString.dropLast()) + [0x2F, -1, 0]
            mkdir(name, 0o755)
        },
        Damage("a manifest by SHA-512", .repository) {
            let hex = String(repeating: "ab", count: 64)
            try $0.write("sha512:\(hex)", $0.revisions + "/sha512/\(hex)/link")
        },
        Damage("a layer by SHA-512", .repository) {
            let hex = String(repeating: "ab", count: 64)
            try $0.write("sha512:\(hex)", "\($0.repository)/_layers/sha512/\(hex)/link")
        },
        Damage("an empty folder of SHA-512", nil) {
            try StorageTree.makeFolders($0.revisions + "/sha512")
        },
        Damage("a file among repositories", .entry) {
            try $0.write("x", "\($0.repository)/file")
        },
        Damage("an upload of an odd name", .entry) {
            try $0.write("x", "\($0.repository)/_uploads/a b/data")
        },
        Damage("a link in an upload", .entry) {
            try $0.tree.addUpload("odd", "one", bytes: 1)
            try $0.putLink($0.tree.upload("odd", "one") + "/data")
        },
        Damage("a reserved name", nil) {
            try $0.write("x", "\($0.repository)/_catalog/file")
        },
        Damage("a file among blobs", .entry) {
            try $0.write("x", "\($0.tree.base)/blobs/sha256/file")
        },
        Damage("a file among the blobs of a shard", .entry) {
            try $0.write("x", "\($0.tree.blobFolder($0.loose))/../file")
        },
    ]

    static let manifests: [Damage] = [
        Damage("a manifest half written", .repository) {
            try $0.write(#"{"schemaVersion":2"#, $0.data)
        },
        Damage("a manifest changed in place", .repository) {
            try $0.write(String(repeating: " ", count: $0.untagged.size), $0.data)
        },
        Damage("an empty manifest", .repository) { try $0.write("", $0.data) },
        Damage("a folder for a manifest's data", .repository) {
            try $0.base.replaceByFolder($0.data)
        },
        Damage("a manifest's data behind a link", .repository) { try $0.moveBehindLink($0.data) },
        Damage("a tagged manifest whose data is gone", .repository) {
            unlink($0.tree.blobData($0.tagged.manifest))
        },
        Damage("a manifest that is text", .repository) {
            try $0.tree.addManifest("odd", "not JSON")
        },
        Damage("a manifest that is any JSON", .repository) {
            try $0.tree.addManifest("odd", #"{"name":"x"}"#)
        },
        Damage("a manifest of an unknown format", .repository) {
            try $0.tree.addManifest("odd", #"{"schemaVersion":7,"mediaType":"a/b"}"#)
        },
        Damage("a manifest with a digest that is none", .repository) {
            try $0.tree.addManifest(
                "odd",
                #"{"schemaVersion":2,"config":{"digest":"sha256:../..","size":1},"layers":[]}"#
            )
        },
        Damage("an index over SHA-512", .repository) {
            let digest = "sha512:" + String(repeating: "ab", count: 64)
            try $0.tree.addManifest(
                "odd",
                #"{"schemaVersion":2,"manifests":[{"digest":"\#(digest)","size":1}]}"#
            )
        },
        Damage("a manifest of 17 MB", .repository) {
            try $0.tree.addManifest("odd", padded(17_000_000))
        },
        Damage("an untagged manifest whose data is gone", nil) { unlink($0.data) },
        Damage("an index whose child is missing", nil) {
            try $0.tree.addIndex("odd", [Digest(hashing: [1])])
        },
    ]

    /// A valid manifest without layers that takes as many bytes.
    static func padded(_ count: Int) -> String {
        let config = Digest(hashing: Array("config of \(count)".utf8))
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + #"{"digest":"\#(config)","size":1},"layers":[],"annotations":{"x":""#
        return text + String(repeating: "x", count: count - text.utf8.count - 3) + "\"}}"
    }

    @Test(arguments: links + tags + folders + manifests)
    func keepsWhatMayBeNeeded(_ damage: Damage) throws {
        let scene = try Scene()
        try damage.make(scene)
        let mark = try scene.base.mark()
        let worst = mark.doubts.map(\.extent.rank).max()
        #expect(worst == damage.extent?.rank, "\(mark.doubts)")
        let plan = SweepPlan(mark, rules: SweepRules(isNow: true), now: TreeScene.now)
        switch damage.extent {
        case .registry: #expect(plan.content.isEmpty)
        case .repository:
            #expect(plan.content.isDisjoint(with: scene.own))
            #expect(plan.manifests.isDisjoint(with: scene.own))
            #expect(plan.content.contains(scene.garbage.manifest))
        case .entry, nil: #expect(plan.content.contains(scene.loose))
        }
        let odd = try TreeScene.repository("odd")
        if mark.repositories.contains(where: { $0.name == odd && $0.isDoubtful }) {
            let lost = plan.removals.filter { $0.repository == odd && $0.kind != .folder }
            #expect(lost.isEmpty)
        } else {
            #expect(damage.extent != .repository)
        }
        #expect(!plan.manifests.contains(scene.tagged.manifest))
        let good = [scene.good.manifest, scene.good.configuration] + scene.good.layers
        #expect(plan.content.isDisjoint(with: good))
        #expect(plan.manifests.isDisjoint(with: good))
        #expect(plan.files.allSatisfy { $0.description.hasPrefix("docker/registry/v2/") })
    }
}

extension Doubt.Extent {
    fileprivate var rank: Int {
        switch self {
        case .entry: 0
        case .repository: 1
        case .registry: 2
        }
    }
}
