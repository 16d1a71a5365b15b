import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// Trees that are large in one way or another, and such that change while they are read.
struct LargeTreeTests {
    private let scene: TreeScene
    private var tree: StorageTree { scene.tree }

    init() throws { scene = try TreeScene() }

    @Test func readsAManifestOfTenMegabytes() throws {
        let text = HostileTreeTests.padded(10_000_000)
        let manifest = try tree.addManifest("app", text, tag: "large")
        let untagged = try tree.addImage("app", seed: "1", layers: ["a"])
        let mark = try scene.mark()
        #expect(mark.doubts.isEmpty)
        #expect(mark.isNeeded(manifest))
        #expect(mark.untagged.map(\.key.digest) == [untagged.manifest])
    }

    @Test func readsManyTagsOfOneRepository() throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        let other = try tree.addImage("app", seed: "2", layers: ["b"], tag: "v2")
        let count = 20_000
        let tags = "\(tree.repository("app"))/_manifests/tags"
        // A second name for one file makes this quick; the two manifests share the tags.
        let links = ["v1", "v2"].map { "\(tags)/\($0)/current/link" }
        for number in 0..<count {
            mkdir("\(tags)/t\(number)", 0o755)
            mkdir("\(tags)/t\(number)/current", 0o755)
            try #require(link(links[number % 2], "\(tags)/t\(number)/current/link") == 0)
        }
        let mark = try scene.mark(try TreeScene.condemned(tags: "app:v1"))
        #expect(mark.totals.tags == count + 2)
        #expect(mark.untagged.isEmpty && mark.doubts.isEmpty)
        #expect(mark.isNeeded(image.layers[0]) && mark.isNeeded(other.layers[0]))
        let inventory = StorageInventory(root: try scene.root())
        #expect(try inventory.tags(of: TreeScene.repository("app")).count == count + 2)
    }

    @Test func readsManyManifestsAndLayersOfOneRepository() throws {
        let shape = GeneratedTree.Shape(
            repositories: 1,
            tags: 1_100,
            untagged: 1_100,
            modified: TreeScene.old
        )
        let generated = try GeneratedTree(path: scene.folder.path, shape: shape)
        let mark = try scene.mark()
        #expect(mark.totals.manifests == 2_200)
        #expect(mark.untagged.count == 1_100)
        #expect(mark.unreferenced.count == 3_300)
        #expect(mark.doubts.isEmpty)
        let inventory = StorageInventory(root: try scene.root())
        let name = try TreeScene.repository(generated.name(0))
        #expect(try inventory.revisions(of: name).count == 2_200)
    }

    // The longest name that a repository can have.
    @Test func findsRepositoriesThatNestDeeply() throws {
        let name = String(repeating: "a/", count: 127) + "a"
        let image = try tree.addImage(name, seed: "1", layers: ["a"], tag: "v1")
        let inner = try tree.addImage("a/a/a", seed: "2", layers: ["b"], tag: "v1")
        let mark = try scene.mark()
        #expect(mark.totals.repositories == 2)
        #expect(mark.isNeeded(image.layers[0]) && mark.isNeeded(inner.layers[0]))
        #expect(mark.unreferenced.isEmpty && mark.doubts.isEmpty)
    }

    @Test func keepsAllThatTooDeepARepositoryLinks() throws {
        let name = String(repeating: "a/", count: 300) + "a"
        let image = try tree.addImage(name, seed: "1", layers: ["a"])
        let mark = try scene.mark()
        #expect(mark.isNeeded(image.layers[0]) && mark.isNeeded(image.manifest))
        #expect(mark.untagged.isEmpty && mark.unreferenced.isEmpty)
        #expect(!mark.doubts.isEmpty)
    }

    // No path reaches it, so nothing is known of what it needs.
    @Test func refusesFoldersThatNoPathReaches() throws {
        try tree.addImage("app", seed: "1", layers: ["a"])
        var path = "\(tree.base)/repositories"
        var depth: Int32 = open(path, O_RDONLY | O_DIRECTORY)
        defer { close(depth) }
        for _ in 0..<2_100 {
            mkdirat(depth, "d", 0o755)
            let next = openat(depth, "d", O_RDONLY | O_DIRECTORY)
            close(depth)
            depth = next
        }
        path += "/d"
        #expect(throws: StorageError.self) { try scene.mark() }
        let remover = Process()
        remover.executableURL = URL(fileURLWithPath: "/bin/rm")
        remover.arguments = ["-rf", path]
        try remover.run()
        remover.waitUntilExit()
    }

    // Deletes and pushes go on while a mark reads: whatever it sees, what is tagged all the time
    // stays.
    @Test func readsWhileImagesComeAndGo() async throws {
        let kept = try (0..<20).map {
            try tree.addImage("app", seed: "kept \($0)", layers: ["k \($0)"], tag: "k\($0)")
        }
        let scene = scene
        let changes = Task.detached {
            for round in 0..<200 where !Task.isCancelled {
                let image = try scene.tree.addImage(
                    "app",
                    seed: "round \(round)",
                    layers: ["layer of round \(round)"],
                    tag: "moving"
                )
                guard round % 3 == 0 else { continue }
                for place in [
                    scene.tree.tagFolder("app", "moving"),
                    scene.tree.blobFolder(image.layers[0]), scene.tree.blobFolder(image.manifest),
                    scene.tree.revisionLink("app", image.manifest),
                ] {
                    try FileManager.default.removeItem(atPath: place)
                }
            }
        }
        for _ in 0..<40 {
            let mark = try scene.mark()
            let lost = Set(mark.unreferenced.map(\.digest)).union(mark.untagged.map(\.key.digest))
            for image in kept {
                #expect(
                    lost.isDisjoint(with: image.layers + [image.manifest, image.configuration])
                )
            }
            await Task.yield()
        }
        changes.cancel()
        try await changes.value
    }
}
