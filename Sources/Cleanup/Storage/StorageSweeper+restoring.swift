import AccessLedger
package import RegistryModel
import RegistryStorage

// How things come back by hand.
extension StorageSweeper {
    /// Puts back everything that a run still has in quarantine; that counts as a push.
    package func restore(
        _ name: RunName,
        of target: CleanupTarget
    ) async throws -> [Restorer.Result] {
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let root = try open(target)
        let own = try storageLock(root, target)
        defer { withExtendedLifetime(own) {} }
        guard let record = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        let items = record.storage.filter { $0.state == .quarantined }
        if !items.isEmpty, let other = try await otherPlace(of: name, than: root) {
            throw CleanupError.otherStorage(run: name, path: other, storage: root.path)
        }
        // Before: a kill between the two must not leave it to the next sweep.
        try await note(named: items, of: target)
        let returned = try await bringBack(items, of: name, root, because: Self.byHand)
        try await countAsPushed(returned, of: target)
        try await restate([name], of: target)
        return returned.map(Restorer.Result.init)
    }

    /// Puts back an image that a sweep of the disk has in quarantine, with all that it refers to.
    ///
    /// - Returns: What became of each; nothing where no sweep has that tag or manifest in quarantine.
    package func restore(
        _ repository: RepositoryName,
        tag: TagName?,
        digest: Digest?,
        of target: CleanupTarget
    ) async throws -> [Restorer.Result] {
        guard target.storage != nil else { return [] }
        var named: Set<Digest> = []
        var items: [RunName: Set<Int>] = [:]
        for (run, _) in try await ledger.quarantines(of: target.row) {
            let own = try await ledger.run(run)?.storage ?? []
            for item in own
            where item.state == .quarantined && item.isImage(repository, tag, digest) {
                items[run, default: []].insert(item.ordinal)
                if let digest = item.digest { named.insert(digest) }
            }
        }
        guard !items.isEmpty else { return [] }
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let root = try open(target)
        let own = try storageLock(root, target)
        defer { withExtendedLifetime(own) {} }
        for run in items.keys.sorted() {
            if let other = try await otherPlace(of: run, than: root) {
                throw CleanupError.otherStorage(run: run, path: other, storage: root.path)
            }
        }
        let returned = try await bringBack(
            named,
            for: repository,
            items,
            of: target,
            root,
            because: Self.byHand
        )
        try await note(named: returned.map(\.item), of: target)
        try await countAsPushed(returned, of: target)
        return returned.map(Restorer.Result.init)
    }

    /// Writes down that somebody wants items: the next sweep must not take them at once, though all
    /// of it may be old.
    private func note(
        named items: some Sequence<StorageItem>,
        of target: CleanupTarget
    ) async throws {
        let digests = Set(items.compactMap(\.digest))
        try await ledger.note(named: digests, of: target.row, at: now())
    }

    /// Writes down that manifests and tags are there again; that counts as a push (design, section
    /// 5.3).
    private func countAsPushed(_ returned: [ReturnedItem], of target: CleanupTarget) async throws {
        for item in returned.filter(\.isBack).map(\.item) {
            guard item.kind == .manifest || item.kind == .tag, let repository = item.repository,
                let digest = item.digest
            else { continue }
            try await ledger.restored(
                repository,
                tag: item.kind == .tag ? item.name.flatMap { TagName($0) } : nil,
                digest: digest,
                of: target.row,
                at: now()
            )
        }
    }

    private static let byHand = "restored by hand"
}

extension Restorer.Result {
    /// What became of an item that was put back by hand.
    fileprivate init(_ returned: ReturnedItem) {
        let item = returned.item
        let name = [item.repository?.description, item.name, item.digest?.description]
        var detail = ""
        var state = State.restored
        switch returned.outcome {
        case .back: break
        case .mended: detail = "in place of a damaged file"
        case .stays(.tag(let other)):
            (state, detail) = (.skipped, Self.isTaken(by: other))
        case .stays(let obstacle): (state, detail) = (.failed, "\(obstacle)")
        case .lost: (state, detail) = (.failed, ReturnedItem.lost)
        }
        self.init(
            registry: item.registry.name,
            repository: item.repository,
            tag: item.kind == .tag ? item.name : nil,
            digest: item.digest,
            subject: name.compactMap(\.self).joined(separator: " "),
            state: state,
            detail: detail
        )
    }
}

extension StorageItem {
    /// Whether it is the tag, or the manifest, that somebody names.
    fileprivate func isImage(
        _ repository: RepositoryName,
        _ tag: TagName?,
        _ digest: Digest?
    ) -> Bool {
        guard self.repository == repository else { return false }
        switch kind {
        case .tag:
            guard let tag, name == tag.description else { return false }
            return digest == nil || digest == self.digest
        case .manifest: return tag == nil && digest != nil && digest == self.digest
        case .blob, .upload: return false
        }
    }
}
