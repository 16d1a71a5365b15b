import Foundation
import RegistryModel

/// The walk over all SHA-256 blobs.
struct BlobWalk {
    struct FoundBlob: Sendable {
        var digest: PackedDigest
        var bytes: Int64
        var modified: Timestamp
    }

    /// What one thread finds.
    final class Worker: Workbench {
        var garbage: [FoundBlob] = []
        /// Content that is there, and is not looked into.
        var odd: [PackedDigest] = []
        var emptyFolders: [EmptyFolder] = []
        var doubts: [Doubt] = []
        var count = 0
        var bytes: Int64 = 0
    }

    private(set) var garbage: [FoundBlob] = []
    private(set) var odd: Set<PackedDigest> = []
    private(set) var emptyFolders: [EmptyFolder] = []
    private(set) var doubts: [Doubt] = []
    private(set) var count = 0
    private(set) var bytes: Int64 = 0
    /// Whether blobs may be where they can't be seen, so that none can be said to be missing.
    private(set) var hidesBlobs = false

    /// Walks them all; an error leaves blobs unseen, and is thrown.
    init(
        root: StorageRoot,
        crew: Crew,
        isNeeded: (PackedDigest) -> Bool
    ) throws(StorageError) {
        let shards = try findShards(root)
        let makeWorker = { Worker(root: root) }
        let workers = try crew.run(shards.count, makeWorker) {
            worker,
            index throws(StorageError) in
            try worker.read(shards[index], isNeeded)
        }
        for worker in workers {
            garbage += worker.garbage
            odd.formUnion(worker.odd)
            emptyFolders += worker.emptyFolders
            doubts += worker.doubts
            count += worker.count
            bytes += worker.bytes
        }
    }

    /// The folders of blobs that begin with the same two digits.
    private mutating func findShards(_ root: StorageRoot) throws(StorageError) -> [String] {
        var shards: [String] = []
        for entry in try root.list(.sha256Blobs) ?? [] {
            let isShard = entry.name.utf8.count == 2 && entry.name.allSatisfy(\.isHexDigit)
            if isShard, entry.kind == .folder {
                shards.append(entry.name)
                continue
            }
            if entry.kind == .file, entry.name.hasSuffix(".tmp") { continue }
            hidesBlobs = true
            doubts.append(
                Doubt(
                    path: StoragePath.sha256Blobs.below(entry.name),
                    repository: nil,
                    extent: .entry,
                    text: "not a folder of blobs, as all here should be"
                )
            )
        }
        return shards
    }
}

extension BlobWalk.Worker {
    fileprivate func read(
        _ shard: String,
        _ isNeeded: (PackedDigest) -> Bool
    ) throws(StorageError) {
        let place = StoragePath.sha256Blobs.below(shard)
        guard let folder = try root.folder(place) else { return }
        defer { close(folder) }
        var failure: StorageError?
        let problem = entries.forEach(in: folder) { name, kind in
            guard kind == .folder, let digest = PackedDigest(hex: name.bytes),
                name.text.hasPrefix(shard)
            else {
                if kind == .file, name.isUnfinished { return }
                doubt(place.below(name.text), "not the folder of a blob, as all here should be")
                if let digest = PackedDigest(hex: name.bytes) { odd.append(digest) }
                return
            }
            failure = failure ?? look(at: digest, in: folder, isNeeded)
        }
        if let failure { throw failure }
        guard problem == 0 else { throw root.failure(problem, "list", place) }
    }

    /// Looks at the content of one digest; returns an error that leaves it unseen.
    private func look(
        at digest: PackedDigest,
        in shard: Int32,
        _ isNeeded: (PackedDigest) -> Bool
    ) -> StorageError? {
        guard let status = look(shard, path.set(digest, "/data")) else {
            let reason = errno
            guard reason == ENOENT else {
                return root.failure(reason, "look at", .blobData(digest.digest))
            }
            if let folder = look(shard, path.set(digest, "")) {
                emptyFolders.append(
                    EmptyFolder(
                        path: .blobFolder(digest.digest),
                        modified: Timestamp(modified: folder)
                    )
                )
            }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            doubt(.blobData(digest.digest), "no regular file")
            odd.append(digest)
            return nil
        }
        count += 1
        bytes += Int64(status.st_size)
        guard !isNeeded(digest) else { return nil }
        garbage.append(
            BlobWalk.FoundBlob(
                digest: digest,
                bytes: Int64(status.st_size),
                modified: Timestamp(modified: status)
            )
        )
        return nil
    }

    private func doubt(_ path: StoragePath, _ text: String) {
        doubts.append(Doubt(path: path, repository: nil, extent: .entry, text: text))
    }
}
