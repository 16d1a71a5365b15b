import RegistryClients
import RegistryModel
import RegistryStorage

/// A blob of no content that matters, by which one sees whether a registry stands on a disk.
struct Token {
    let root: StorageRoot
    let repository: RepositoryName
    private let content: [UInt8]

    init(root: StorageRoot, repository: RepositoryName) {
        self.root = root
        self.repository = repository
        let random = (0..<4).map { _ in UInt64.random(in: 0...UInt64.max) }
        content = Array("written by lastpull to see who stands on this disk: \(random)\n".utf8)
    }

    /// Writes it and its link as an upload does, asks for it, and takes both away again.
    ///
    /// What a kill leaves behind, the next sweep finds unreferenced. On a full disk what was set aside
    /// for that takes its place.
    func isSeen(by client: any BlobForgetting) async throws -> Bool {
        do {
            return try await isSeenWritten(by: client)
        } catch {
            guard error.isFull, let isSeen = try await isSeenLent(by: client) else { throw error }
            return isSeen
        }
    }

    /// Nil where nothing is set aside.
    private func isSeenLent(by client: any BlobForgetting) async throws -> Bool? {
        let reserve = SweepReserve(root: root)
        let repository = repository
        guard let digest = try await offPool({ try reserve.lendProof(to: repository) }) else {
            return nil
        }
        do {
            let isSeen = try await client.hasBlob(repository, digest)
            try await offPool { try reserve.takeBack(digest, repository) }
            return isSeen
        } catch {
            try? await offPool { try reserve.takeBack(digest, repository) }
            throw error
        }
    }

    private func isSeenWritten(by client: any BlobForgetting) async throws -> Bool {
        let digest = Digest(hashing: content)
        let files = [
            (StoragePath.blobData(digest), content),
            (StoragePath.layerLink(repository, digest), Array(digest.description.utf8)),
        ]
        let root = root
        do {
            try await offPool {
                for (path, bytes) in files {
                    if let folder = path.parent { try root.makeFolders(folder) }
                    try root.write(path, bytes)
                }
            }
            let isSeen = try await client.hasBlob(repository, digest)
            try await remove(files.map(\.0))
            return isSeen
        } catch {
            try? await remove(files.map(\.0))
            throw error
        }
    }

    private func remove(_ files: [StoragePath]) async throws {
        let root = root
        try await offPool {
            for path in files.reversed() {
                _ = try root.removeFile(path)
                if let folder = path.parent { _ = try root.removeEmptyFolder(folder) }
            }
        }
    }
}

extension Error {
    /// Whether a file system had no room.
    var isFull: Bool { (self as? StorageError)?.kind == .full }
}
