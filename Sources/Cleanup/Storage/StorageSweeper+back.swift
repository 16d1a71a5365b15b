import AccessLedger
package import RegistryModel
import RegistryStorage

// How things come back at once when somebody asks for them.
extension StorageSweeper {
    /// What a run has in quarantine, by what it belongs to.
    struct Contents: Sendable {
        var byDigest: [Digest: [(path: StoragePath, size: Int64)]] = [:]
        var others: [(path: StoragePath, size: Int64)] = []
        var droppedByDigest: [Digest: [StoragePath]] = [:]
        /// The folders of tags.
        var takenTags: [StoragePath] = []

        /// The files of one item: a blob's data and links, a revision's, an upload's, a tag's.
        func files(of item: StorageItem) -> [(path: StoragePath, size: Int64)] {
            switch item.kind {
            case .blob:
                return (item.digest.flatMap { byDigest[$0] } ?? []).filter {
                    $0.path.place == .blob || $0.path.place == .layer && item.owns(link: $0.path)
                }
            case .manifest:
                return (item.digest.flatMap { byDigest[$0] } ?? []).filter { file in
                    file.path.place == .blob || file.path.place == .layer
                        || (file.path.place == .revision || file.path.place == .tagIndex)
                            && file.path.repository == item.repository && !isOfTakenTag(file.path)
                }
            case .upload, .tag:
                let folder = item.folder.map { "\($0)/" }
                return (others + byDigest.values.joined()).filter { file in
                    folder.map { file.path.description.hasPrefix($0) } ?? false
                }
            }
        }

        /// Whether the tag that remembers a manifest was taken itself, with all its memory.
        private func isOfTakenTag(_ path: StoragePath) -> Bool {
            guard path.place == .tagIndex else { return false }
            return takenTags.contains { path.description.hasPrefix("\($0)/") }
        }

        func droppedLinks(of item: StorageItem) -> [StoragePath] {
            guard item.kind == .blob else { return [] }
            return (item.digest.flatMap { droppedByDigest[$0] } ?? [])
                .filter { item.owns(link: $0) }
        }

        /// The sizes of the links that the registry has really dropped for an item.
        func droppedBytes(of item: StorageItem, _ root: StorageRoot) throws -> Int64 {
            let taken = Set(files(of: item).map(\.path))
            return try droppedLinks(of: item).reduce(0) { sum, link in
                guard !taken.contains(link), try root.facts(link) == nil else { return sum }
                return sum + Int64(item.digest?.description.utf8.count ?? 0)
            }
        }
    }

    static func contents(_ run: RunName, _ root: StorageRoot) async throws -> Contents {
        let quarantine = Quarantine(root: root)
        return try await offPool {
            var contents = Contents()
            for file in try quarantine.contents(of: run) {
                if let digest = file.path.namedDigest {
                    contents.byDigest[digest, default: []].append(file)
                } else {
                    contents.others.append(file)
                    if file.path.place == .tagCurrent, let folder = file.path.parent?.parent {
                        contents.takenTags.append(folder)
                    }
                }
            }
            for link in try quarantine.droppedLinks(of: run) {
                guard let digest = link.namedDigest else { continue }
                contents.droppedByDigest[digest, default: []].append(link)
            }
            return contents
        }
    }

    /// Brings back what was asked for, with what it refers to (design, section 5.8, point 3).
    ///
    /// A link to what others have, too, comes back only for its own repository.
    package func bringBack(
        _ named: Set<Digest>,
        for repository: RepositoryName? = nil,
        of target: CleanupTarget
    ) async throws {
        guard target.storage != nil, !named.isEmpty else { return }
        guard try await ledger.quarantinedBytes(of: target.row) > 0 else { return }
        let root = try open(target)
        let back = try await bringBack(
            named,
            for: repository,
            [:],
            of: target,
            root,
            because: "somebody asked for it"
        )
        // The next sweep must not take it at once, though all of it may be old.
        let blobs = Set(back.map(\.item).filter { $0.kind == .blob }.compactMap(\.digest))
        try await ledger.note(named: blobs, of: target.row, at: now())
    }

    /// Brings back what is named, with what it refers to, and further items by run and ordinal.
    ///
    /// - Returns: What became of each.
    @discardableResult
    func bringBack(
        _ named: Set<Digest>,
        for repository: RepositoryName?,
        _ others: [RunName: Set<Int>],
        of target: CleanupTarget,
        _ root: StorageRoot,
        because reason: String
    ) async throws -> [ReturnedItem] {
        let references = LedgerReferences(ledger: ledger)
        let wanted = try await offPool { try Self.withReferences(named, root, references) }
        var found = others
        for entry in try await ledger.quarantined(wanted, of: target.row) {
            found[entry.run, default: []].insert(entry.ordinal)
        }
        var returning: [Returning] = []
        for run in try await here(found.keys.sorted(), root, target) {
            let ordinals = found[run] ?? []
            guard let record = try await ledger.run(run) else { continue }
            let items = record.storage.filter { item in
                ordinals.contains(item.ordinal)
                    && (!item.isShared || item.repository == repository)
            }
            guard !items.isEmpty else { continue }
            returning.append(try await putBack(items, of: run, root))
        }
        var returned: [ReturnedItem] = []
        for part in returning {
            returned += try await link(part, root, because: reason, from: .quarantined)
        }
        try await restate(returning.map(\.run), of: target)
        return returned
    }

    private static func withReferences(
        _ named: Set<Digest>,
        _ root: StorageRoot,
        _ references: LedgerReferences
    ) throws -> Set<Digest> {
        var all = named
        var waiting = Array(named)
        while let digest = waiting.popLast() {
            guard let packed = PackedDigest(digest) else { continue }
            let known = try references.references(of: [packed])[packed]
            let read =
                try known
                ?? root.read(.blobData(digest), atMost: ManifestContent.longest)
                .flatMap { try? ManifestContent(parsing: $0, mediaType: nil) }
                .map { PackedReferences($0) }
            let inside = (read?.children ?? []) + (read?.blobs ?? [])
            for inner in inside.map(\.digest) where all.insert(inner).inserted {
                waiting.append(inner)
            }
        }
        return all
    }
}
