import Foundation
package import RegistryModel

/// The folder beside the registry's own into which a sweep moves what it takes away.
///
/// `ROOT/lastpull-quarantine/RUN/` holds the files of one run at their paths relative to the root,
/// and in `dropped-links` the links that the registry itself was made to drop. So what is in there
/// can be put back by hand with nothing but `mv`.
package struct Quarantine: Sendable {
    package let root: StorageRoot

    package init(root: StorageRoot) { self.root = root }

    /// The name of the folder, below the root.
    package static let name = "lastpull-quarantine"

    static var folder: StoragePath { StoragePath(unchecked: name) }

    static func folder(of run: RunName) -> StoragePath {
        StoragePath(unchecked: "\(name)/\(run)")
    }

    static func place(of path: StoragePath, in run: RunName) -> StoragePath {
        StoragePath(unchecked: "\(name)/\(run)/\(path)")
    }

    private static func droppedLinks(of run: RunName) -> StoragePath {
        StoragePath(unchecked: "\(name)/\(run)/dropped-links")
    }

    // MARK: In and out

    /// Moves a file out of the registry's sight; on a full disk with the folder that is its own.
    package func take(
        _ path: StoragePath,
        for run: RunName
    ) throws(StorageError) -> StorageRoot.Move {
        try move(path, to: Self.place(of: path, in: run))
    }

    /// Moves a file, and where there is no room for a new folder moves its old one, if that holds
    /// nothing else.
    ///
    /// For a moment a push of just that content then finds no folder to write to, and has to try
    /// again; on a full disk it would have failed anyway.
    func move(
        _ path: StoragePath,
        to place: StoragePath
    ) throws(StorageError) -> StorageRoot.Move {
        do {
            return try root.move(path, to: place)
        } catch {
            guard error.kind == .full, let folder = path.parent, let target = place.parent,
                try root.list(folder)?.map(\.name) == [String(path.name)],
                try root.move(folder, to: target) == .moved
            else { throw error }
            return .moved
        }
    }

    /// Moves a layer link away, unless it was written after it was found: a push counts on it then.
    ///
    /// A push brings the data first, and then writes the link anew, into the file that is there. So
    /// one that comes at the same moment shows by the data, or by the time of what was moved, which
    /// goes back.
    ///
    /// - Returns: Whether it is in quarantine now.
    package func take(_ link: LayerLink, for run: RunName) throws(StorageError) -> Bool {
        let path = StoragePath.layerLink(link.repository, link.digest)
        guard let facts = try root.facts(path), facts.modified <= link.modified else {
            return false
        }
        guard try take(path, for: run) == .moved else { return false }
        let moved = try root.facts(Self.place(of: path, in: run))
        let isNew = moved.map { $0.modified > link.modified } ?? false
        let data = try root.facts(.blobData(link.digest))
        guard isNew || data != nil else { return true }
        _ = try putBack(path, of: run)
        return false
    }

    /// Moves a layer link away whose content others need, unless it was written after it was found.
    ///
    /// - Returns: Whether it is in quarantine now.
    package func takeShared(_ link: LayerLink, for run: RunName) throws(StorageError) -> Bool {
        guard let facts = try root.facts(link.path), facts.modified <= link.modified,
            try take(link.path, for: run) == .moved
        else { return false }
        let moved = try root.facts(Self.place(of: link.path, in: run))
        guard let moved, moved.modified > link.modified else { return true }
        _ = try putBack(link.path, of: run)
        return false
    }

    /// The content of a file of the quarantine; nil where it is not there.
    package func read(
        _ path: StoragePath,
        of run: RunName,
        atMost: Int
    ) throws(StorageError) -> [UInt8]? {
        try root.read(Self.place(of: path, in: run), atMost: atMost)
    }

    /// Deletes a file of the quarantine for good, and says how many bytes that gave back.
    package func purge(_ path: StoragePath, of run: RunName) throws(StorageError) -> Int64 {
        let place = Self.place(of: path, in: run)
        guard let facts = try root.facts(place) else { return 0 }
        return try root.removeFile(place) ? facts.size : 0
    }

    /// What is there of a run: paths as they were below the root, with their sizes.
    package func contents(
        of run: RunName
    ) throws(StorageError) -> [(path: StoragePath, size: Int64)] {
        let prefix = "\(Self.folder(of: run))/"
        var found: [(path: StoragePath, size: Int64)] = []
        for file in try root.tree(Self.folder(of: run))?.files ?? [] {
            let path = file.path.description.dropFirst(prefix.count)
            guard path.hasPrefix("\(StoragePath.base)/"), let path = StoragePath(String(path))
            else { continue }
            found.append((path: path, size: file.bytes))
        }
        return found
    }

    /// The runs that have a folder in the quarantine, oldest first.
    package func runs() throws(StorageError) -> [RunName] {
        guard let entries = try root.list(Self.folder) else { return [] }
        return entries.compactMap { RunName($0.name) }.sorted()
    }

    /// Which of these blobs any run has here, whatever ledger it is written down in.
    package func held(of blobs: Set<Digest>) throws(StorageError) -> Set<Digest> {
        var held: Set<Digest> = []
        guard !blobs.isEmpty else { return held }
        for run in try runs() {
            guard try root.facts(Self.place(of: .blobs, in: run)) != nil else { continue }
            for digest in blobs where !held.contains(digest) {
                let place = Self.place(of: .blobData(digest), in: run)
                if try root.facts(place) != nil { held.insert(digest) }
            }
        }
        return held
    }

    /// Whether a run has a folder here.
    package func has(_ run: RunName) throws(StorageError) -> Bool {
        try root.facts(Self.folder(of: run)) != nil
    }

    /// Removes the folders of a run that hold nothing any more.
    package func tidy(_ run: RunName) throws(StorageError) {
        try removeEmptyFolders(Self.folder(of: run))
    }

    private func removeEmptyFolders(_ folder: StoragePath) throws(StorageError) {
        for entry in try root.list(folder) ?? [] where entry.kind == .folder {
            guard let inner = folder.appending(entry.name) else { continue }
            try removeEmptyFolders(inner)
        }
        _ = try root.removeEmptyFolder(folder)
    }

    // MARK: Links that the registry drops

    /// Writes down links before the registry is made to drop them.
    package func willDrop(_ links: [StoragePath], for run: RunName) throws(StorageError) {
        guard !links.isEmpty else { return }
        let text = links.map { "\($0)\n" }.joined()
        try root.makeFolders(Self.droppedLinks(of: run))
        let file = Self.droppedLinks(of: run).appending(UUID().uuidString)
        guard let file else { return }
        do {
            try root.write(file, Array(text.utf8))
        } catch {
            guard error.kind == .full,
                try SweepReserve(root: root).write(Array(text.utf8), to: file)
            else { throw error }
        }
    }

    /// The links of a run that the registry was made to drop.
    package func droppedLinks(of run: RunName) throws(StorageError) -> [StoragePath] {
        var links: Set<StoragePath> = []
        let folder = Self.droppedLinks(of: run)
        for entry in try root.list(folder) ?? [] {
            guard let file = folder.appending(entry.name),
                let bytes = try root.read(file, atMost: Self.longestList)
            else { continue }
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
                if let path = StoragePath(String(line)) { links.insert(path) }
            }
        }
        return links.sorted()
    }

    /// Forgets which links were dropped, once nothing of the run is left to be put back.
    package func forgetDroppedLinks(of run: RunName) throws(StorageError) {
        let folder = Self.droppedLinks(of: run)
        for entry in try root.list(folder) ?? [] {
            if let file = folder.appending(entry.name) { _ = try root.removeFile(file) }
        }
    }

    /// Bytes; a list of a million links has 200 MB.
    private static let longestList = 1 << 30
}

extension StoragePath {
    /// The digest that a link at this path has to name: its folder's name says it.
    var linkedDigest: Digest? {
        let parts = description.split(separator: "/")
        guard parts.count > 3, parts.last == "link" else { return nil }
        return Digest("\(parts[parts.count - 3]):\(parts[parts.count - 2])")
    }
}
