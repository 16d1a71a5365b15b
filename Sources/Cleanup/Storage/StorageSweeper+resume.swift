import AccessLedger
import Logging
import RegistryModel
import RegistryStorage

// What becomes of a sweep that a kill has cut off.
extension StorageSweeper {
    /// Ends what a kill has cut off, unless another process is at work.
    package func resume(_ target: CleanupTarget) async throws {
        guard target.storage != nil else { return }
        if let root = try? open(target) { try await setAside(root) }
        guard try await !cutOff(target).isEmpty else { return }
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
        for name in try await here(try await cutOff(target), root, target) {
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
            _ = try await end(name, of: target, note: reason, isCutOff: true)
            return
        }
        // What is in quarantine was not looked at for the last time, as the run did not end.
        let open = run.storage.filter {
            $0.state == .planned || $0.state == .started || $0.state == .quarantined
        }
        let removed = try await removedUploads(open, of: name, root)
        let taken = open.filter { $0.state != .planned && !removed.contains($0.ordinal) }
        try await bringBack(taken, of: name, root, because: reason)
        let gone = try await Self.gone(
            open.filter { $0.state == .planned || removed.contains($0.ordinal) },
            root
        )
        try await offPool { try Self.removeHollow(gone, root) }
        try await ledger.purged(
            storageItems: try await freed(by: gone, root),
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
        _ = try await end(name, of: target, note: reason, isCutOff: true)
    }

    /// Uploads that a sweep of a full disk has removed, and not moved away.
    private func removedUploads(
        _ items: [StorageItem],
        of name: RunName,
        _ root: StorageRoot
    ) async throws -> Set<Int> {
        let uploads = items.filter { $0.kind == .upload && $0.state == .started }
        guard !uploads.isEmpty else { return [] }
        let contents = try await Self.contents(name, root)
        return Set(uploads.filter { contents.files(of: $0).isEmpty }.map(\.ordinal))
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
            // What somebody asked for meanwhile has no files there, either.
            let waiting = Set(
                original.storage.filter { $0.state == .quarantined }.map(\.identity)
            )
            let purged = items.filter {
                contents.files(of: $0).isEmpty && waiting.contains($0.identity)
            }
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
        for source in Set(run.storage.compactMap { RunName($0.detail) }) {
            try await tidy(source, root)
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

    /// The bytes that items gave back which are gone, less what a kill has left of them: a later run
    /// finds that, and counts it.
    private func freed(
        by items: [StorageItem],
        _ root: StorageRoot
    ) async throws -> [(ordinal: Int, reclaimed: Int64)] {
        guard !items.isEmpty else { return [] }
        let references = LedgerReferences(ledger: ledger)
        let time = now()
        let mark = try await offPool {
            try Marker(root: root, references: references).mark(Condemned(), now: time)
        }
        var left: [Digest: Int64] = [:]
        for blob in mark.unreferenced {
            left[blob.digest] = blob.links.reduce(blob.bytes) { $0 + $1.bytes }
        }
        for link in mark.danglingLinks { left[link.digest, default: 0] += link.bytes }
        return items.map { item in
            guard let digest = item.digest, item.kind == .blob || item.kind == .manifest,
                let rest = left[digest], rest < item.bytes
            else { return (ordinal: item.ordinal, reclaimed: item.bytes) }
            left[digest] = nil
            return (ordinal: item.ordinal, reclaimed: item.bytes - rest)
        }
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

    /// Removes the folders of tags that are gone: a registry lists a tag by its folder, whatever is
    /// in that.
    private static func removeHollow(_ gone: [StorageItem], _ root: StorageRoot) throws {
        for item in gone where item.kind == .tag {
            guard let folder = item.folder, let tree = try root.tree(folder), tree.files.isEmpty,
                tree.others.isEmpty
            else { continue }
            for inner in tree.folders + [folder] { _ = try root.removeEmptyFolder(inner) }
        }
    }
}
