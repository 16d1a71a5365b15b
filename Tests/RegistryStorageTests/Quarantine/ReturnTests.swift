import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What comes back meets what was written in its place meanwhile; no good copy is ever lost.
struct ReturnTests {
    private let scene: TreeScene
    private let quarantine: Quarantine
    private let run = RunName(time: TreeScene.now, random: (1, 1))
    /// Longer than what is read at once.
    private let content = [UInt8](repeating: 3, count: 2_500_000)
    private let blob: Digest
    private let link: Digest

    /// A layer, an image of the tag `a:v1`, and a link to nothing.
    init() throws {
        scene = try TreeScene()
        blob = try scene.tree.addBlob(content)
        link = Digest(hashing: Array("layer".utf8))
        try scene.tree.linkLayer("a", link)
        try scene.tree.tag("a", "v1", blob)
        quarantine = Quarantine(root: try scene.root())
    }

    private var data: StoragePath { .blobData(blob) }

    private func layer() throws -> StoragePath { .layerLink(try TreeScene.repository("a"), link) }

    private func current() throws -> StoragePath {
        .tagCurrentLink(try TreeScene.repository("a"), try TreeScene.tag("v1"))
    }

    private func put(_ bytes: [UInt8], in path: StoragePath) throws {
        try scene.tree.write(bytes, to: "\(scene.folder.path)/\(path)")
    }

    private func bytes(in path: StoragePath) throws -> [UInt8]? {
        try quarantine.root.read(path, atMost: .max)
    }

    private func held(_ path: StoragePath) throws -> [UInt8]? {
        try quarantine.read(path, of: run, atMost: .max)
    }

    /// Takes a file, writes in its place, and brings it back.
    private func meet(
        _ path: StoragePath,
        _ other: [UInt8],
        damaging own: [UInt8]? = nil
    ) throws -> Quarantine.Return {
        #expect(try quarantine.take(path, for: run) == .moved)
        if let own {
            try scene.tree.write(
                own,
                to: "\(scene.folder.path)/\(Quarantine.name)/\(run)/\(path)"
            )
        }
        try put(other, in: path)
        return try quarantine.putBack(path, of: run)
    }

    // A push on a full disk leaves it empty, or cut off; a disk may also lie.
    @Test(arguments: [0, 1_000, 2_500_000, 2_500_001])
    func damagedContentIsReplaced(bytes count: Int) throws {
        #expect(try meet(data, [UInt8](repeating: 4, count: count)) == .mended)
        #expect(try bytes(in: data) == content)
        #expect(try held(data) == nil)
    }

    // What was pushed again is newer than ours, and its time counts.
    @Test func goodContentStays() throws {
        let path = "\(scene.folder.path)/\(data)"
        #expect(try quarantine.take(data, for: run) == .moved)
        try put(content, in: data)
        let inode = try quarantine.root.facts(data)?.inode
        #expect(try quarantine.putBack(data, of: run) == .back)
        #expect(try quarantine.root.facts(data)?.inode == inode, "\(path)")
        #expect(try held(data) == nil)
    }

    @Test func goodContentStaysBesideADamagedCopy() throws {
        #expect(try meet(data, content, damaging: [1]) == .back)
        #expect(try bytes(in: data) == content)
        #expect(try held(data) == nil)
    }

    @Test func whereNeitherIsGoodBothStay() throws {
        #expect(try meet(data, [], damaging: [1]) == .stays(.damaged))
        #expect(try bytes(in: data) == [])
        #expect(try held(data) == [1])
    }

    // Nothing says what belongs there but the two themselves.
    @Test func contentOfAnUnknownKindOfDigestIsCompared() throws {
        let digest = try #require(Digest("blake3:\(String(repeating: "ab", count: 32))"))
        for (other, result) in [
            ([9], .stays(.other)), ([1, 2], .stays(.other)), ([7, 7], Quarantine.Return.back),
        ] as [([UInt8], Quarantine.Return)] {
            try put([7, 7], in: .blobData(digest))
            #expect(try meet(.blobData(digest), other) == result)
            #expect(try held(.blobData(digest)) == (result == .back ? nil : [7, 7]))
            #expect(try bytes(in: .blobData(digest)) == other)
            _ = try quarantine.purge(.blobData(digest), of: run)
        }
    }

    @Test(arguments: ["", "sha256:", "nothing"])
    func aDamagedLinkIsReplaced(_ text: String) throws {
        #expect(try meet(layer(), Array(text.utf8)) == .mended)
        #expect(try bytes(in: layer()) == Array(link.description.utf8))
    }

    @Test func aLinkThatWasWrittenAgainStays() throws {
        #expect(try meet(layer(), Array(link.description.utf8)) == .back)
        #expect(try held(layer()) == nil)
    }

    // Which of the two is meant nobody can say but who pushed last.
    @Test func aTagThatPointsElsewhereStaysAndSoDoesOurs() throws {
        let other = Digest(hashing: [1])
        #expect(try meet(current(), Array(other.description.utf8)) == .stays(.tag(other)))
        #expect(try bytes(in: current()) == Array(other.description.utf8))
        #expect(try held(current()) == Array(blob.description.utf8))
    }

    @Test func aTagThatPointsNowhereIsMended() throws {
        #expect(try meet(current(), []) == .mended)
        #expect(try bytes(in: current()) == Array(blob.description.utf8))
    }

    // Of a tag that was pushed again nothing comes back, and nothing goes.
    @Test func aTagComesBackWholeOrNotAtAll() throws {
        let index = StoragePath.tagIndexLink(
            try TreeScene.repository("a"),
            try TreeScene.tag("v1"),
            blob
        )
        for path in [index, try current()] {
            #expect(try quarantine.take(path, for: run) == .moved)
        }
        let other = Digest(hashing: [1])
        try put(Array(other.description.utf8), in: current())
        let result = try quarantine.putBack([index, try current()], of: run)
        #expect(result == .stays(.tag(other)))
        #expect(try quarantine.contents(of: run).count == 2)
    }

    // A symbolic link is never followed, and never thrown away.
    @Test func whatIsNoFileStays() throws {
        #expect(try quarantine.take(data, for: run) == .moved)
        let place = "\(scene.folder.path)/\(data)"
        try scene.link(place, to: "/nowhere")
        #expect(try quarantine.putBack(data, of: run) == .stays(.other))
        #expect(try held(data) == content)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place) == "/nowhere")
    }

    @Test func whatIsNotThereIsSaid() throws {
        #expect(try quarantine.putBack(data, of: run) == .missing)
    }

    // A registry on a full disk leaves the link empty that it writes anew.
    @Test(arguments: ["", "sha256:0"])
    func aDroppedLinkIsWrittenOverADamagedOne(_ text: String) throws {
        try put(Array(text.utf8), in: layer())
        try quarantine.restoreLink(layer())
        #expect(try bytes(in: layer()) == Array(link.description.utf8))
    }
}
