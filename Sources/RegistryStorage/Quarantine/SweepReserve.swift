import Foundation
package import RegistryModel

/// What a sweep works with on a file system that is full: made beforehand, in the quarantine, and
/// used up without a new block or inode.
///
/// `reserve/run` has the folders of a run, which are renamed; `reserve/proof` a blob and its link, of
/// which only the names change; `reserve/list` the bytes for a list of dropped links. None of that
/// can be taken away by somebody else who fills the disk; what `reserve/room` gives back to the file
/// system, for folders that nobody could foresee, can. What was used is made again by the next sweep
/// that finds room.
package struct SweepReserve: Sendable {
    private let root: StorageRoot

    package init(root: StorageRoot) { self.root = root }

    private static let folder = StoragePath(unchecked: "\(Quarantine.name)/reserve")
    private static let run = folder.below("run")
    private static let blob = folder.below("proof/blob")
    private static let link = folder.below("proof/link")
    private static let list = folder.below("list")
    private static let room = folder.below("room")

    // MARK: Made beforehand

    /// Makes what is missing, where there is plenty of room.
    package func make() throws(StorageError) {
        guard try root.hasRoom(bytes: Self.plenty, files: Self.manyFiles) else { return }
        try makeFolders()
        try makeProof()
        try makeFile(Self.list, Self.listBytes)
        try makeFile(Self.room, Self.roomBytes)
    }

    /// Makes the folders of a run: of all that a blob is moved into, and for lists.
    private func makeFolders() throws(StorageError) {
        guard try root.facts(Self.run) == nil else { return }
        // A kill leaves it unfinished, and the next call goes on.
        let unfinished = Self.folder.below("run.new")
        try root.makeFolders(unfinished.below("dropped-links"))
        for number in 0..<256 {
            let hex = String(number + 256, radix: 16).dropFirst()
            try root.makeFolders(unfinished.below("\(StoragePath.sha256Blobs)/\(hex)"))
        }
        _ = try root.move(unfinished, to: Self.run)
    }

    /// Makes what a proof needs, and little more than that: for a disk with hardly any room.
    package func makeLittle() throws(StorageError) {
        try makeProof()
        try makeFile(Self.list, Self.smallListBytes)
    }

    private func makeProof() throws(StorageError) {
        let placeholder = Digest(hashing: [])
        for (path, text) in [
            (Self.blob.below("data"), "written by lastpull to see who stands on this disk\n"),
            (Self.link.below("link"), placeholder.description),
        ] where try root.facts(path) == nil {
            if let folder = path.parent { try root.makeFolders(folder) }
            try root.write(path, Array(text.utf8))
        }
    }

    private func makeFile(_ path: StoragePath, _ bytes: Int) throws(StorageError) {
        if let facts = try root.facts(path) {
            guard facts.size < bytes else { return }
            _ = try root.removeFile(path)
        }
        try root.makeFolders(Self.folder)
        try root.write(path, [UInt8](repeating: 0x20, count: bytes))
    }

    // MARK: Used up

    /// Gives its folders to a run, as far as that has not its own, and its room to the file system.
    package func giveFolders(to run: RunName) throws(StorageError) {
        _ = try root.removeFile(Self.room)
        try merge(Self.run, into: Quarantine.folder(of: run))
    }

    private func merge(_ from: StoragePath, into to: StoragePath) throws(StorageError) {
        guard try root.move(from, to: to) == .targetExists else { return }
        for entry in try root.list(from) ?? [] where entry.kind == .folder {
            guard let inner = from.appending(entry.name), let place = to.appending(entry.name)
            else { continue }
            try merge(inner, into: place)
        }
        _ = try root.removeEmptyFolder(from)
    }

    /// Puts the blob and a link to it where a registry sees them, by a name that nobody knows; nil
    /// where there are none, or no place for them.
    package func lendProof(to repository: RepositoryName) throws(StorageError) -> Digest? {
        guard let digest = try freshDigest() else { return nil }
        let bytes = Array(digest.description.utf8)
        guard try root.facts(Self.blob.below("data")) != nil,
            try root.overwrite(Self.link.below("link"), bytes),
            try root.move(Self.blob, to: .blobFolder(digest)) == .moved
        else { return nil }
        do {
            guard try root.move(Self.link, to: .layerFolder(repository, digest)) == .moved else {
                try takeBack(digest, repository)
                return nil
            }
        } catch {
            try takeBack(digest, repository)
            throw error
        }
        return digest
    }

    /// Takes away again what was lent.
    package func takeBack(
        _ digest: Digest,
        _ repository: RepositoryName
    ) throws(StorageError) {
        for (path, place) in [
            (StoragePath.layerFolder(repository, digest), Self.link),
            (StoragePath.blobFolder(digest), Self.blob),
        ] { _ = try root.move(path, to: place) }
    }

    /// A random digest that begins like a blob which is or was there: its folder needs no new one
    /// above it.
    private func freshDigest() throws(StorageError) -> Digest? {
        let folders = try root.list(.sha256Blobs) ?? []
        guard let prefix = folders.first(where: { $0.kind == .folder && $0.name.count == 2 })
        else { return nil }
        for _ in 0..<Self.triesForDigest {
            let random = (0..<4).map { _ in UInt64.random(in: 0...UInt64.max) }
            let digest = Digest(hashing: Array("\(random)".utf8))
            if digest.encoded.hasPrefix(prefix.name) { return digest }
        }
        return nil
    }

    /// Writes a list into the bytes that were set aside, and moves it to its place; false where they
    /// are too few.
    package func write(_ list: [UInt8], to path: StoragePath) throws(StorageError) -> Bool {
        guard let facts = try root.facts(Self.list), facts.kind == .file, facts.size >= list.count,
            try root.overwrite(Self.list, list)
        else { return false }
        return try root.move(Self.list, to: path) == .moved
    }

    /// Gives its bytes back to the file system, for what has to come back to its place.
    package func giveUpBytes() throws(StorageError) { _ = try root.removeFile(Self.list) }

    /// Below this the reserve would itself be what fills the disk, which is 2 MB.
    private static let plenty: Int64 = 16_000_000
    /// It has 269 itself.
    private static let manyFiles: Int64 = 4_096
    /// Room for some five thousand links.
    private static let listBytes = 1_000_000
    private static let smallListBytes = 32_768
    /// Room for some hundred folders.
    private static let roomBytes = 500_000
    /// One of 256 fits.
    private static let triesForDigest = 100_000
}
