import Foundation
import RegistryModel
import TestSupport
import Testing

@testable import RegistryStorage

/// Removing many: as careful as removing one, though folders stay open.
struct RemoverTests {
    private let scene: TreeScene
    /// A file and folders that are not the registry's.
    private let outside: TemporaryFolder

    init() throws {
        scene = try TreeScene()
        try scene.tree.addImage("app", seed: "1", layers: ["a", "b"], tag: "v1")
        outside = try TemporaryFolder()
        try outside.write("secret", to: "folder/inner/file")
    }

    static let openings: [Opening] = [.byKernel, .stepwise]

    private func path(_ text: String) throws -> StoragePath { try #require(StoragePath(text)) }

    private func remover(_ opening: Opening) throws -> (Remover, StorageRoot) {
        let root = try StorageRoot(path: scene.folder.path, opening: opening)
        return (Remover(root: root), root)
    }

    @Test(arguments: openings)
    func removesAFileAndTheFolderThatItLeavesEmpty(_ opening: Opening) throws {
        let (remover, root) = try remover(opening)
        for name in ["a", "b"] {
            let digest = Digest(hashing: StorageTree.layer(name, 64))
            try remover.removeWithFolder(.blobData(digest))
            #expect(try root.facts(.blobFolder(digest)) == nil)
            try remover.removeWithFolder(.blobData(digest))
        }
    }

    // What else is in the folder is not known, and stays.
    @Test(arguments: openings)
    func leavesAFolderThatHoldsMore(_ opening: Opening) throws {
        let (remover, root) = try remover(opening)
        let digest = Digest(hashing: StorageTree.layer("a", 64))
        let other = try #require(StoragePath("\(StoragePath.blobFolder(digest))/other"))
        try root.write(other, [1])
        try remover.removeWithFolder(.blobData(digest))
        #expect(try root.facts(.blobData(digest)) == nil)
        #expect(try root.facts(other)?.size == 1)
    }

    // A link in any place of the path, that of an open folder's child included.
    @Test(arguments: openings)
    func followsNoLink(_ opening: Opening) throws {
        let place = scene.folder.path
        try scene.link("\(place)/out", to: outside.file("folder"))
        try StorageTree.makeFolders("\(place)/in")
        try scene.link("\(place)/in/out", to: outside.file("folder/inner"))
        let (remover, _) = try remover(opening)
        for text in ["out/inner/file", "out/inner", "in/out/file"] {
            let path = try path(text)
            #expect(throws: StorageError.self, "\(text)") { try remover.removeWithFolder(path) }
        }
        #expect(outside.text(of: "folder/inner/file") == "secret")
    }

    @Test(arguments: openings)
    func findsNothingWhereThereIsNothing(_ opening: Opening) throws {
        let (remover, _) = try remover(opening)
        for text in ["no/where/at/all", "docker/nowhere/file", "docker/registry/v2/file", "x"] {
            try remover.removeWithFolder(path(text))
        }
    }

    // More folders than it keeps open.
    @Test func removesFromManyFolders() throws {
        let (remover, root) = try remover(.byKernel)
        let paths = try (0..<600).map { try path("many/\($0)/inner/file") }
        for path in paths {
            try root.makeFolders(#require(path.parent))
            try root.write(path, [1])
        }
        for path in paths + paths.reversed() { try remover.removeWithFolder(path) }
        #expect(try root.tree(path("many"))?.files.isEmpty == true)
        #expect(try root.tree(path("many"))?.folders.count == 600)
    }
}
