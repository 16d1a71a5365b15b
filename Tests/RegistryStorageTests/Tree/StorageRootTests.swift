import Foundation
import RegistryModel
import TestSupport
import Testing

@testable import RegistryStorage

/// The one way to files: nothing outside of the root is read or changed, whatever lies in it.
struct StorageRootTests {
    private let scene: TreeScene
    /// A file and a folder that are not the registry's.
    private let outside: TemporaryFolder

    init() throws {
        scene = try TreeScene()
        try scene.tree.addImage("app", seed: "1", layers: ["a"], tag: "v1")
        outside = try TemporaryFolder()
        try outside.write("secret", to: "folder/file")
    }

    static let openings: [Opening] = [.byKernel, .stepwise]

    private func path(_ text: String) throws -> StoragePath { try #require(StoragePath(text)) }

    /// A link to a folder outside, one to a file, one to a folder inside, and what they lead to.
    private func addLinks() throws {
        let place = scene.folder.path
        try scene.link("\(place)/out", to: outside.file("folder"))
        try scene.link("\(place)/file", to: outside.file("folder/file"))
        try scene.link("\(place)/in", to: "docker")
        try scene.link("\(place)/up", to: "..")
        try scene.link("\(place)/loop", to: "loop")
    }

    @Test(arguments: openings)
    func followsNoLink(_ opening: Opening) throws {
        try addLinks()
        let root = try StorageRoot(path: scene.folder.path, opening: opening)
        for text in ["out/file", "file", "in/registry", "up/x", "loop", "loop/x"] {
            let path = try path(text)
            #expect(throws: StorageError.self, "\(text)") { try root.read(path, atMost: 100) }
            #expect(throws: StorageError.self, "\(text)") { try root.list(path) }
            if text.contains("/") {
                #expect(throws: StorageError.self, "\(text)") { try root.facts(path) }
                #expect(throws: StorageError.self, "\(text)") { try root.removeFile(path) }
                #expect(throws: StorageError.self, "\(text)") { try root.removeEmptyFolder(path) }
                #expect(throws: StorageError.self, "\(text)") { try root.write(path, [1]) }
                #expect(throws: StorageError.self, "\(text)") { try root.makeFolders(path) }
                #expect(throws: StorageError.self, "\(text)") {
                    try root.move(path, to: self.path("lastpull-quarantine/x"))
                }
                #expect(throws: StorageError.self, "\(text)") {
                    try root.move(.base, to: path)
                }
            } else {
                #expect(try root.facts(path)?.kind == .link)
                #expect(throws: StorageError.self, "\(text)") { try root.write(path, [1]) }
            }
        }
        #expect(outside.text(of: "folder/file") == "secret")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["folder"])
    }

    // The link itself is the registry's, what it leads to is not.
    @Test(arguments: openings)
    func movesAndRemovesALinkItself(_ opening: Opening) throws {
        try addLinks()
        let root = try StorageRoot(path: scene.folder.path, opening: opening)
        let aside = try path("lastpull-quarantine/a/file")
        #expect(try root.move(path("file"), to: aside) == .moved)
        #expect(try root.facts(aside)?.kind == .link)
        #expect(try root.removeFile(aside))
        #expect(outside.text(of: "folder/file") == "secret")
    }

    @Test(arguments: openings)
    func tellsWhatIsNotThereFromWhatIsOdd(_ opening: Opening) throws {
        let root = try StorageRoot(path: scene.folder.path, opening: opening)
        let missing = try path("docker/registry/v3/x")
        #expect(try root.facts(missing) == nil)
        #expect(try root.read(missing, atMost: 1) == nil)
        #expect(try root.list(missing) == nil)
        #expect(try root.tree(missing) == nil)
        #expect(try !root.removeFile(missing))
        #expect(try !root.removeEmptyFolder(missing))
        #expect(try root.move(missing, to: path("x")) == .sourceMissing)
        #expect(try root.facts(path("x")) == nil)
        let image = Digest(hashing: StorageTree.layer("a", 64))
        let data = StoragePath.blobData(image)
        #expect(try root.read(data, atMost: 64)?.count == 64)
        #expect(throws: StorageError.self) { try root.read(data, atMost: 63) }
        #expect(throws: StorageError.self) { try root.read(.base, atMost: 100) }
        #expect(throws: StorageError.self) { try root.list(data) }
        #expect(try !root.removeEmptyFolder(.blobFolder(image)))
    }

    @Test(arguments: openings)
    func movesNothingOverWhatIsThere(_ opening: Opening) throws {
        let root = try StorageRoot(path: scene.folder.path, opening: opening)
        let (first, second) = try (path("one/file"), path("two/file"))
        try root.makeFolders(path("one"))
        try root.makeFolders(path("two"))
        try root.write(first, [1])
        try root.write(second, [2])
        #expect(try root.move(first, to: second) == .targetExists)
        #expect(try root.read(first, atMost: 9) == [1])
        #expect(try root.read(second, atMost: 9) == [2])
        #expect(throws: StorageError.self) { try root.write(first, [3]) }
        #expect(try root.removeFile(second))
        #expect(try root.move(first, to: second) == .moved)
        #expect(try root.read(second, atMost: 9) == [1])
        #expect(try root.move(path("two"), to: path("three/two")) == .moved)
        #expect(try root.tree(path("three"))?.files.map(\.bytes) == [1])
    }

    @Test func takesARootThatIsALinkItself() throws {
        let link = outside.file("root")
        try scene.link(link, to: scene.folder.path)
        #expect(try StorageRoot(path: link).facts(.base)?.kind == .folder)
    }

    @Test func refusesWhatIsNoRegistrysStorage() throws {
        func kind(_ path: String) -> StorageError.Kind? {
            do throws(StorageError) {
                _ = try StorageRoot(path: path)
                return nil
            } catch {
                return error.kind
            }
        }
        #expect(kind(outside.path) == .notARegistry)
        #expect(kind(outside.file("nowhere")) == .notThere)
        #expect(kind(outside.file("folder/file")) == .notAFolder)
        let fresh = try TemporaryFolder()
        _ = try StorageTree(path: fresh.path)
        #expect(kind(fresh.path) == nil)
    }

    // Its repositories may be on a volume that is not mounted.
    @Test(arguments: [true, false])
    func refusesBlobsWithoutRepositories(_ isEmpty: Bool) throws {
        let repositories = "\(scene.tree.base)/repositories"
        try FileManager.default.removeItem(atPath: repositories)
        if isEmpty { try StorageTree.makeFolders(repositories) }
        #expect(
            throws: StorageError(
                operation: "use",
                subject: scene.folder.path,
                kind: .notARegistry
            )
        ) { try StorageRoot(path: scene.folder.path) }
    }
}
