import Foundation

extension StorageRoot {
    /// Why a sweep could change nothing here, as far as rights tell that; nil where it could.
    ///
    /// Looks at the folders in which names come and go: those on the way to the first blobs and the
    /// first repository, and the quarantine's. What is further below may be another user's.
    package func obstacleToChanges() throws(StorageError) -> StorageError? {
        var places: [StoragePath] = [.base, .blobs, .sha256Blobs, .repositories, Quarantine.folder]
        for shard in try firstFolders(in: .sha256Blobs) {
            places += [shard] + (try firstFolders(in: shard))
        }
        for folder in try firstFolders(in: .repositories) {
            places += [folder] + (try firstFolders(in: folder))
        }
        if try facts(Quarantine.folder) == nil, let reason = refusal(descriptor) {
            return StorageError(reason, "write to", path)
        }
        for place in places {
            guard let folder = try folder(place) else { continue }
            defer { close(folder) }
            guard let reason = refusal(folder) else { continue }
            return failure(reason, "write to", place)
        }
        return nil
    }

    private func firstFolders(in place: StoragePath) throws(StorageError) -> [StoragePath] {
        (try list(place) ?? []).lazy.filter { $0.kind == .folder }.prefix(Self.looks)
            .compactMap { place.appending($0.name) }
    }

    /// Why names in a folder can't be changed, by `errno`; nil where they can.
    private func refusal(_ folder: Int32) -> Int32? {
        faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0 ? nil : errno
    }

    private static let looks = 3
}
