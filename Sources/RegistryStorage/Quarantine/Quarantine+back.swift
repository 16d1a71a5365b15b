import Foundation
package import RegistryModel

// How what was taken comes back to its place, whatever is there by now.
extension Quarantine {
    /// How a file came back.
    package enum Return: Sendable, Equatable {
        /// It is in its place, or what is there is proven to be as good, and ours is gone.
        case back
        /// What was in its place was damaged, and is replaced.
        case mended
        /// It is not in the quarantine.
        case missing
        /// Something else is in its place. That stays, and so does what the quarantine has.
        case stays(Obstacle)
    }

    /// What is in the place of a file that was to come back.
    package enum Obstacle: Sendable, Equatable, CustomStringConvertible {
        /// A tag that points to another image by now.
        case tag(Digest)
        /// Damaged content, of which the quarantine has no good copy, either.
        case damaged
        /// Something of which nothing says how it should be.
        case other

        package var description: String {
            switch self {
            case .tag(let digest): "the tag points to \(digest) now"
            case .damaged:
                "what is in its place is damaged, and so is the copy in quarantine; both stay: "
                    + "push the image again"
            case .other: "something else is in its place now; the copy stays in quarantine"
            }
        }
    }

    /// Moves a file back to where it was, also over a damaged one.
    ///
    /// A copy is never deleted but for one in its place that is proven to be as good: content by
    /// its digest, a link by its text. The registry may write there at the same moment.
    package func putBack(_ path: StoragePath, of run: RunName) throws(StorageError) -> Return {
        let place = Self.place(of: path, in: run)
        let outcome = try withBytesGivenUp { () throws(StorageError) in try move(place, to: path) }
        let result: Return =
            switch outcome {
            case .moved: .back
            case .sourceMissing: .missing
            case .targetExists: try settle(place, path)
            }
        // Where room is short, the next one needs what its folder takes.
        if let folder = place.parent { _ = try root.removeEmptyFolder(folder) }
        return result
    }

    /// Moves the files of one item back; of a tag that points elsewhere by now, none.
    ///
    /// - Returns: What hindered one of them, else whether one was mended; what is missing from the
    ///   quarantine may be in its place.
    package func putBack(_ paths: [StoragePath], of run: RunName) throws(StorageError) -> Return {
        var result = Return.back
        let first = paths.filter { $0.place == .tagCurrent }
        for path in first + paths.filter({ $0.place != .tagCurrent }) {
            switch try putBack(path, of: run) {
            case .back, .missing: break
            case .mended: if result == .back { result = .mended }
            case .stays(.tag(let other)): return .stays(.tag(other))
            case .stays(let obstacle): result = .stays(obstacle)
            }
        }
        return result
    }

    /// Decides between a file of the quarantine and what is in its place, as soon as that holds
    /// still.
    private func settle(
        _ ours: StoragePath,
        _ place: StoragePath
    ) throws(StorageError) -> Return {
        for _ in 0..<Self.looks {
            guard let theirs = try root.facts(place) else {
                let outcome = try move(ours, to: place)
                guard outcome == .targetExists else { return outcome == .moved ? .back : .missing }
                continue
            }
            guard let own = try root.facts(ours) else { return .missing }
            guard theirs.kind == .file, own.kind == .file else { return .stays(.other) }
            let verdict = try compare(ours, own, place, theirs)
            guard try root.facts(place) == theirs else { continue }
            switch verdict {
            case .same:
                _ = try root.removeFile(ours)
                return .back
            case .damaged:
                guard try root.replace(place, by: ours) else { continue }
                let now = try root.facts(place)
                if now?.inode == own.inode, now?.size == own.size { return .mended }
                // Somebody wrote it again at the same moment.
                return try root.isSound(place, as: place) == true ? .back : .stays(.damaged)
            case .obstacle(let obstacle):
                // Another process may have brought it back meanwhile.
                return try root.facts(ours) == nil ? .missing : .stays(obstacle)
            }
        }
        return .stays(.other)
    }

    private enum Comparison {
        /// What is in the place is as good as ours.
        case same
        /// It is not, and ours is good.
        case damaged
        case obstacle(Obstacle)
    }

    private func compare(
        _ ours: StoragePath,
        _ own: StorageRoot.Facts,
        _ place: StoragePath,
        _ theirs: StorageRoot.Facts
    ) throws(StorageError) -> Comparison {
        switch try root.isSound(place, as: place) {
        case true?: return .same
        case false?:
            return try root.isSound(ours, as: place) == true ? .damaged : .obstacle(.damaged)
        case nil: break
        }
        if own.size == theirs.size, try root.hasSameContent(ours, place) { return .same }
        guard place.place == .tagCurrent else { return .obstacle(.other) }
        if let other = try root.namedDigest(in: place) { return .obstacle(.tag(other)) }
        return try root.namedDigest(in: ours) == nil ? .obstacle(.damaged) : .damaged
    }

    /// Whether a blob's place holds something else than it should.
    package func isDamagedInPlace(_ blob: Digest) throws(StorageError) -> Bool {
        let path = StoragePath.blobData(blob)
        guard try root.facts(path)?.kind == .file else { return false }
        return try root.isSound(path, as: path) == false
    }

    /// What has to come back may use what is set aside for a full disk.
    private func withBytesGivenUp<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        do {
            return try body()
        } catch {
            guard error.kind == .full else { throw error }
            try SweepReserve(root: root).giveUpBytes()
            return try body()
        }
    }

    // MARK: Links that the registry has dropped

    /// Writes a layer link anew, unless it is there as it should be.
    package func restoreLink(_ path: StoragePath) throws(StorageError) {
        guard let digest = path.linkedDigest else { return }
        if let facts = try root.facts(path) {
            guard facts.kind == .file, try root.isSound(path, as: path) == false else { return }
            try withBytesGivenUp { () throws(StorageError) in
                try mend(path, Array(digest.description.utf8))
            }
        } else {
            try withBytesGivenUp { () throws(StorageError) in try writeLink(path, digest) }
        }
    }

    private func writeLink(_ path: StoragePath, _ digest: Digest) throws(StorageError) {
        if let folder = path.parent { try root.makeFolders(folder) }
        do {
            try root.write(path, Array(digest.description.utf8))
        } catch let error where error.kind == .other(EEXIST) {
            // A push wrote it at the same moment.
        }
    }

    /// Replaces a damaged file by one with these bytes; at no time is there neither of them.
    package func mend(_ path: StoragePath, _ bytes: [UInt8]) throws(StorageError) {
        let whole = Self.folder.below(UUID().uuidString)
        try root.makeFolders(Self.folder)
        try root.write(whole, bytes)
        do {
            guard try !root.replace(path, by: whole) else { return }
        } catch {
            _ = try root.removeFile(whole)
            throw error
        }
        _ = try root.removeFile(whole)
    }

    /// How often a place is looked at that changes meanwhile.
    private static let looks = 3
}
