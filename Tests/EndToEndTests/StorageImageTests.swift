import Foundation
import RegistryModel
import TestSupport
import Testing

/// Images deleted from the disk of a registry that is not running.
struct StorageImageTests {
    private let folder: TemporaryFolder
    private let tree: StorageTree

    init() throws {
        folder = try TemporaryFolder()
        tree = try StorageTree(path: folder.file("root"))
    }

    private func delete(_ images: String...) async throws -> Command.Result {
        let old = Timestamp(seconds: Date().timeIntervalSince1970) - .days(3)
        try tree.dateAll(old)
        return try await Lastpull.run(
            ["delete", "--yes", "--now", "--storage", tree.path]
                + ["--ledger", folder.file("ledger.sqlite")] + images
        )
    }

    @Test func aWholeRepositoryLeavesNoFolderBehind() async throws {
        try tree.addImage("team/app", seed: "1", layers: ["a"], tag: "v1")
        try tree.addImage("team/app", seed: "2", layers: ["b"])
        let other = try tree.addImage("team/other", seed: "3", layers: ["c"], tag: "v1")
        let result = try await delete("team/app")
        #expect(result.status == 0, "\(result.errors)")
        let disk = RegistryDisk(tree.path)
        #expect(disk.blobs == Set(other.layers + [other.configuration, other.manifest]))
        #expect(!FileManager.default.fileExists(atPath: tree.repository("team/app")))
    }

    // Else the tree would look like one whose repositories are not mounted.
    @Test func theLastRepositoryLeavesATreeThatIsStillARegistrys() async throws {
        try tree.addImage("team/app", seed: "1", layers: ["a"], tag: "v1")
        try #require(try await delete("team/app").status == 0)
        #expect(RegistryDisk(tree.path).blobs.isEmpty)
        for _ in 0..<2 {
            let sweep = try await Lastpull.run(
                ["sweep", "--now", "--force", "--storage", tree.path]
                    + ["--ledger", folder.file("ledger.sqlite")]
            )
            #expect(sweep.status == 0, "\(sweep.errors)")
        }
    }

    @Test func saysWhichOfSeveralImagesStays() async throws {
        let child = try tree.addImage("app", seed: "1", layers: ["a"])
        try tree.addIndex("app", [child.manifest], tag: "multi")
        try tree.addImage("app", seed: "2", layers: ["b"], tag: "v1")
        let name = "app@\(child.manifest)"
        let result = try await delete("app:v1", name)
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errors.contains("not removed: \(name)"), "\(result.errors)")
        #expect(result.errors.contains("inKeptIndex"), "\(result.errors)")
        #expect(RegistryDisk(tree.path).blobs.contains(child.manifest))
        let alone = try await delete(name)
        #expect(alone.status == 1, "\(alone.errors)")
    }

    @Test func saysWhyContentStaysThatAnUnreadableRepositoryLinks() async throws {
        let image = try tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        try tree.linkLayer("odd", image.layers[0])
        try tree.addManifest("odd", #"{"schemaVersion":9}"#, tag: "v1")
        let result = try await delete("app:v1")
        #expect(result.status == 0, "\(result.errors)")
        #expect((result.output + result.errors).contains("odd/_manifests"), "\(result)")
        #expect(RegistryDisk(tree.path).blobs.contains(image.layers[0]))
    }
}
