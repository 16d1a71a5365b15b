import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What a sweep sets aside can be used where nothing new can be made.
struct SweepReserveTests {
    private let scene: TreeScene
    private let root: StorageRoot
    private let reserve: SweepReserve
    private let blob: Digest
    private let run = RunName(time: TreeScene.now, random: (1, 1))
    private let repository: RepositoryName

    init() throws {
        scene = try TreeScene()
        blob = try scene.tree.addBlob(Array("layer".utf8))
        try scene.tree.linkLayer("a", blob)
        root = try scene.root()
        reserve = SweepReserve(root: root)
        repository = try TreeScene.repository("a")
        try reserve.make()
    }

    private func files() throws -> [StoragePath] {
        try root.tree(.base)?.files.map(\.path) ?? []
    }

    // A blob then needs its own folder renamed, and no other.
    @Test func aRunGetsTheFoldersAboveEveryBlob() throws {
        try reserve.giveFolders(to: run)
        let above = try #require(StoragePath.blobData(blob).parent?.parent)
        let place = try #require(StoragePath("\(Quarantine.name)/\(run)/\(above)"))
        #expect(try root.facts(place)?.kind == .folder)
        #expect(try Quarantine(root: root).contents(of: run).isEmpty)
    }

    // A sweep has made some itself before it finds the disk full.
    @Test func theFoldersAreAddedToThoseThatTheRunHas() throws {
        let quarantine = Quarantine(root: root)
        #expect(try quarantine.take(.blobData(blob), for: run) == .moved)
        try reserve.giveFolders(to: run)
        #expect(try quarantine.contents(of: run).map(\.path) == [.blobData(blob)])
        let other = try #require(
            StoragePath("\(Quarantine.name)/\(run)/\(StoragePath.blobs)/sha256/ff")
        )
        #expect(try root.facts(other)?.kind == .folder)
    }

    @Test func aProofIsLentByANewNameEachTime() throws {
        let before = try files()
        var names: Set<Digest> = []
        for _ in 0..<3 {
            let digest = try #require(try reserve.lendProof(to: repository))
            names.insert(digest)
            #expect(try root.facts(.blobData(digest))?.kind == .file)
            let link = try root.read(.layerLink(repository, digest), atMost: 256)
            #expect(link == Array(digest.description.utf8))
            try reserve.takeBack(digest, repository)
            #expect(try files() == before)
        }
        #expect(names.count == 3)
    }

    // A kill has left it where a registry sees it: to the next sweep it is garbage like any other.
    @Test func whatIsNotTakenBackIsUnreferenced() throws {
        let digest = try #require(try reserve.lendProof(to: repository))
        #expect(try scene.mark().unreferenced.map(\.digest).contains(digest))
        #expect(try reserve.lendProof(to: repository) == nil)
        try reserve.make()
        #expect(try reserve.lendProof(to: repository) != nil)
    }

    @Test func aListIsWrittenIntoTheBytesThatAreThere() throws {
        let place = try #require(StoragePath("\(Quarantine.name)/\(run)/dropped-links/list"))
        let list = Array("\(StoragePath.layerLink(repository, blob))\n".utf8)
        #expect(try !reserve.write([UInt8](repeating: 0, count: 2_000_000), to: place))
        #expect(try reserve.write(list, to: place))
        #expect(
            try Quarantine(root: root).droppedLinks(of: run) == [.layerLink(repository, blob)]
        )
        #expect(try !reserve.write(list, to: place))
    }
}
