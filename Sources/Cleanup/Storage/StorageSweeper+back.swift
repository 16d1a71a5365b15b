package import AccessLedger
import Logging
package import RegistryModel
import RegistryStorage

// How things come back: at once when somebody asks for them, by hand, and after a kill.
extension StorageSweeper {
    /// What a run has in quarantine, by what it belongs to.
    struct Contents: Sendable {
        var byDigest: [Digest: [(path: StoragePath, size: Int64)]] = [:]
        var others: [(path: StoragePath, size: Int64)] = []
        var droppedByDigest: [Digest: [StoragePath]] = [:]

        /// The files of one item: a blob's data and links, a revision's, an upload's, a tag's.
        func files(of item: StorageItem) -> [(path: StoragePath, size: Int64)] {
            switch item.kind {
            case .blob:
                return (item.digest.flatMap { byDigest[$0] } ?? [])
                    .filter { $0.path.place == .blob || $0.path.place == .layer }
            case .manifest:
                return (item.digest.flatMap { byDigest[$0] } ?? []).filter { file in
                    file.path.place == .blob
                        || (file.path.place == .revision || file.path.place == .tagIndex)
                            && file.path.repository == item.repository
                }
            case .upload, .tag:
                let folder = item.folder.map { "\($0)/" }
                return (others + byDigest.values.joined()).filter { file in
                    folder.map { file.path.description.hasPrefix($0) } ?? false
                }
            }
        }

        func droppedLinks(of item: StorageItem) -> [StoragePath] {
            guard item.kind == .blob else { return [] }
            return item.digest.flatMap { droppedByDigest[$0] } ?? []
        }

        /// The sizes of the links that the registry dropped for an item, but for those that it did
        /// not drop after all.
        func droppedBytes(of item: StorageItem, besides left: Set<StoragePath>) -> Int64 {
            droppedLinks(of: item).reduce(0) { sum, link in
                left.contains(link)
                    ? sum
                    : sum + Int64(item.digest?.description.utf8.count ?? 0)
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
                }
            }
            for link in try quarantine.droppedLinks(of: run) {
                guard let digest = link.namedDigest else { continue }
                contents.droppedByDigest[digest, default: []].append(link)
            }
            return contents
        }
    }

    /// Brings items of a run back to where they were, with the links that the registry dropped.
    func bringBack(
        _ items: [StorageItem],
        of run: RunName,
        _ root: StorageRoot,
        because reason: String
    ) async throws {
        guard !items.isEmpty else { return }
        let contents = try await Self.contents(run, root)
        let quarantine = Quarantine(root: root)
        try await offPool {
            for item in items {
                for file in contents.files(of: item) { try quarantine.putBack(file.path, of: run) }
                for link in contents.droppedLinks(of: item) { try quarantine.restoreLink(link) }
            }
        }
        try await ledger.set(
            .skipped,
            ofStorageItems: items.map(\.ordinal),
            in: run,
            detail: "brought back: \(reason)",
            at: now()
        )
        try await tidy(run, root)
        logger.notice(
            "brought back from quarantine",
            metadata: ["run": "\(run)", "items": "\(items.count)", "reason": "\(reason)"]
        )
    }

    /// Brings back what was asked for, with what it refers to (design, section 5.8, point 3).
    package func bringBack(_ named: Set<Digest>, of target: CleanupTarget) async throws {
        guard target.storage != nil, !named.isEmpty else { return }
        guard try await ledger.quarantinedBytes(of: target.row) > 0 else { return }
        let root = try open(target)
        let references = LedgerReferences(ledger: ledger)
        let wanted = try await offPool { try Self.withReferences(named, root, references) }
        let found = try await ledger.quarantined(wanted, of: target.row)
        for (run, entries) in Dictionary(grouping: found, by: \.run) {
            guard let record = try await ledger.run(run) else { continue }
            let ordinals = Set(entries.map(\.ordinal))
            try await bringBack(
                record.storage.filter { ordinals.contains($0.ordinal) },
                of: run,
                root,
                because: "somebody asked for it"
            )
        }
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

    /// Puts back everything that a run still has in quarantine.
    package func restore(
        _ name: RunName,
        of target: CleanupTarget
    ) async throws -> [StorageItem] {
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let root = try open(target)
        guard let record = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        let items = record.storage.filter { $0.state == .quarantined }
        try await bringBack(items, of: name, root, because: "restored by hand")
        return items
    }

    // MARK: After a kill

    /// Ends what a kill has cut off, unless another process is at work.
    package func resume(_ target: CleanupTarget) async throws {
        guard target.storage != nil, try await !cutOff(target).isEmpty else { return }
        do {
            let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
            defer { withExtendedLifetime(lock) {} }
            try await finishCutOff(target, try open(target))
        } catch CleanupError.alreadyRunning {
            return
        }
    }

    /// Ends the sweeps that a kill has cut off: what was taken and not looked at again goes back.
    func finishCutOff(_ target: CleanupTarget, _ root: StorageRoot) async throws {
        for name in try await cutOff(target) {
            try await putBackCutOff(name, of: target, root, because: "the run was cut off")
        }
    }

    private func cutOff(_ target: CleanupTarget) async throws -> [RunName] {
        var found: [RunName] = []
        for name in try await ledger.runs(in: .running) {
            let run = try await ledger.run(name)
            if run?.storage.contains(where: { $0.registry == target.row }) ?? false {
                found.append(name)
            }
        }
        return found
    }

    /// Puts back what a run took and did not come to the end with; ends the run.
    func putBackCutOff(
        _ name: RunName,
        of target: CleanupTarget,
        _ root: StorageRoot,
        because reason: String
    ) async throws {
        guard let run = try await ledger.run(name) else { return }
        if run.isPurge {
            try await finishPurge(run, root, because: reason)
            _ = try await end(name, of: target, note: reason)
            return
        }
        let open = run.storage.filter { $0.state == .planned || $0.state == .started }
        let taken = open.filter { $0.state == .started }
        try await bringBack(taken, of: name, root, because: reason)
        let gone = try await Self.gone(open.filter { $0.state == .planned }, root)
        try await ledger.purged(
            storageItems: gone.map { (ordinal: $0.ordinal, reclaimed: $0.bytes) },
            in: name,
            at: now()
        )
        let goneOrdinals = Set(gone.map(\.ordinal))
        try await ledger.set(
            .skipped,
            ofStorageItems: open.map(\.ordinal).filter { ordinal in
                !goneOrdinals.contains(ordinal) && !taken.contains { $0.ordinal == ordinal }
            },
            in: name,
            detail: reason,
            at: now()
        )
        logger.notice("ended a sweep that was cut off", metadata: ["run": "\(name)"])
        _ = try await end(name, of: target, note: reason)
    }

    /// Writes down what a purge had deleted before a kill; the rest stays in quarantine.
    private func finishPurge(
        _ run: RunRecord,
        _ root: StorageRoot,
        because reason: String
    ) async throws {
        let open = run.storage.filter { $0.state == .planned }
        for (source, items) in Dictionary(grouping: open, by: \.detail) {
            guard let source = RunName(source), let original = try await ledger.run(source) else {
                continue
            }
            let contents = try await Self.contents(source, root)
            let purged = items.filter { contents.files(of: $0).isEmpty }
            let identities = Set(purged.map(\.identity))
            try await ledger.purged(
                storageItems: purged.map { (ordinal: $0.ordinal, reclaimed: $0.bytes) },
                in: run.name,
                at: now()
            )
            try await ledger.set(
                .done,
                ofStorageItems: original.storage
                    .filter { $0.state == .quarantined && identities.contains($0.identity) }
                    .map(\.ordinal),
                in: source,
                detail: "purged by \(run.name)",
                at: now()
            )
        }
        let left = try await ledger.run(run.name)?.storage.filter { $0.state == .planned } ?? []
        try await ledger.set(
            .skipped,
            ofStorageItems: left.map(\.ordinal),
            in: run.name,
            detail: reason,
            at: now()
        )
    }

    /// Blobs that were deleted before the kill and not written down: their data is nowhere.
    private static func gone(
        _ items: [StorageItem],
        _ root: StorageRoot
    ) async throws -> [StorageItem] {
        try await offPool {
            try items.filter { item in
                guard let path = item.mainFile else { return false }
                return try root.facts(path) == nil
            }
        }
    }
}
