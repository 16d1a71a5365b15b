package import AccessLedger
import Logging
import RegistryClients
import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Gives back the bytes of what is long enough in quarantine, proven forgotten, and named by
    /// nothing that a fresh mark finds; a run of its own.
    ///
    /// Under pressure the oldest goes first, without waiting, until `needed` bytes are free; never
    /// without proof and mark. Nil where nothing was there to purge.
    package func purge(
        _ target: CleanupTarget,
        cause: Cleaner.Cause,
        isUrgent: Bool = false,
        needed: Int64 = .max
    ) async throws -> RunRecord? {
        // Whoever waits for its time to pass must know how much has passed.
        if !isUrgent, try await clock.doubt(at: now()) != nil { return nil }
        let due = try await due(target, isUrgent)
        guard !due.isEmpty else {
            try await endStaleCache(target)
            return nil
        }
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        let root = try open(target)
        let own = try storageLock(root, target)
        defer { withExtendedLifetime(own) {} }
        try await finishCutOff(target, root)
        let waiting = try await here(due, root, target)
        if waiting.count == due.count { try await endOtherStorage(target, root) }
        try await proveByRestart(waiting, target, root)
        try await proveByAsking(waiting, target, root)
        try await endStaleCache(target)
        guard !interruption.isRaised else { return nil }
        let references = LedgerReferences(ledger: ledger)
        let time = now()
        let held = try await held(in: waiting)
        let again = try await offPool {
            try WantedAgain.mark(
                root,
                references,
                taken: held.compactMap(\.revision),
                links: held.compactMap(\.takenLink),
                now: time
            )
        }
        let named = try await ledger.namedSinceTaken(from: target.row)
        var run = newRun(cause, at: time)
        var sources: [Source] = []
        var found: Int64 = 0
        for name in waiting {
            guard found < needed, let record = try await ledger.run(name) else { continue }
            let contents = try await Self.contents(name, root)
            var wanted: [StorageItem] = []
            var damaged: [StorageItem] = []
            for item in record.storage where item.state == .quarantined {
                let files = contents.files(of: item)
                if again.wants(item, files.map(\.path), since: record.createdAt)
                    || named[name]?.contains(item.ordinal) == true
                {
                    wanted.append(item)
                    continue
                }
                guard item.isForgotten else { continue }
                if try await isDamagedInPlace(item, files.map(\.path), root) {
                    damaged.append(item)
                    continue
                }
                var own = item
                own.ordinal = run.storage.count
                own.state = .planned
                own.detail = name.description
                let links =
                    item.kind == .blob
                    ? (item.digest.map(again.links) ?? []).filter { item.owns(link: $0.path) } : []
                let dropped = try contents.droppedBytes(of: item, root)
                let shared = try item.sharedLink(in: root).flatMap { link in
                    // One that was written since is a push's own.
                    link.modified < record.createdAt ? link : nil
                }
                own.bytes =
                    dropped + files.reduce(0) { $0 + $1.size } + links.reduce(0) { $0 + $1.bytes }
                    + (shared?.bytes ?? 0)
                run.storage.append(own)
                sources.append(
                    Source(
                        run: name,
                        ordinal: item.ordinal,
                        files: Self.contentLast(files.map(\.path)),
                        links: links,
                        shared: shared,
                        dropped: dropped
                    )
                )
                found += own.bytes
            }
            try await bringBack(wanted, of: name, root, because: "a manifest or a push needs it")
            try await bringBack(damaged, of: name, root, because: "its place holds a damaged file")
            if !wanted.isEmpty || !damaged.isEmpty { try await restate([name], of: target) }
        }
        guard !run.storage.isEmpty else { return nil }
        run.state = .running
        try await ledger.create(run)
        FaultPoint.purgePlanned.reach()
        try await purge(sources, run, root)
        try await restate(Set(sources.map(\.run)), of: target)
        try await setAside(root)
        return try await end(run.name, of: target, note: "")
    }

    /// Whether there is damaged content in the place of what a run has: a registry believes in that,
    /// and nothing but our copy mends it.
    private func isDamagedInPlace(
        _ item: StorageItem,
        _ files: [StoragePath],
        _ root: StorageRoot
    ) async throws -> Bool {
        guard let digest = item.digest, files.contains(.blobData(digest)),
            try root.facts(.blobData(digest)) != nil
        else { return false }
        return try await offPool { try Quarantine(root: root).isDamagedInPlace(digest) }
    }

    /// The order of a purge: what a kill has not deleted yet is counted by the next.
    private static func contentLast(_ files: [StoragePath]) -> [StoragePath] {
        files.filter { $0.place != .blob } + files.filter { $0.place == .blob }
    }

    private struct Source: Sendable {
        var run: RunName
        var ordinal: Int
        var files: [StoragePath]
        /// Links to it that no registry was made to drop.
        var links: [LayerLink]
        /// A link to what others need, too, which no registry was made to drop.
        var shared: LayerLink?
        /// Bytes of the links that one was made to drop.
        var dropped: Int64

        /// Deletes it all, and says the bytes; none for what came back meanwhile.
        ///
        /// A link goes through the quarantine, too: a push may write it at this moment.
        func purge(from quarantine: Quarantine) throws -> Int64 {
            var freed: Int64 = 0
            var late: [LayerLink] = []
            for link in links {
                do {
                    freed += try purge(link, quarantine)
                } catch {
                    guard error.kind == .full else { throw error }
                    late.append(link)
                }
            }
            for path in files { freed += try quarantine.purge(path, of: run) }
            for link in late { freed += try purge(link, quarantine) }
            if let shared, try quarantine.takeShared(shared, for: run) {
                freed += try quarantine.purge(shared.path, of: run)
            }
            return files.isEmpty || freed > 0 ? freed + dropped : 0
        }

        private func purge(
            _ link: LayerLink,
            _ quarantine: Quarantine
        ) throws(StorageError) -> Int64 {
            try quarantine.take(link, for: run) ? quarantine.purge(link.path, of: run) : 0
        }
    }

    private func purge(
        _ sources: [Source],
        _ run: RunRecord,
        _ root: StorageRoot
    ) async throws {
        let quarantine = Quarantine(root: root)
        for start in stride(from: 0, to: sources.count, by: Self.purgeBatch) {
            guard !interruption.isRaised else {
                try await leave(Array(start..<sources.count), of: run.name)
                break
            }
            let range = start..<min(start + Self.purgeBatch, sources.count)
            let freed = try await offPool {
                try sources[range].map { try $0.purge(from: quarantine) }
            }
            FaultPoint.halfPurged.reach()
            try await ledger.purged(
                storageItems: zip(range, freed).map { (ordinal: $0, reclaimed: $1) },
                in: run.name,
                at: now()
            )
            for (name, own) in Dictionary(grouping: sources[range], by: \.run) {
                try await ledger.set(
                    .done,
                    ofStorageItems: own.map(\.ordinal),
                    in: name,
                    detail: "purged by \(run.name)",
                    from: .quarantined,
                    at: now()
                )
            }
        }
        FaultPoint.purged.reach()
        for name in Set(sources.map(\.run)) { try await tidy(name, root) }
    }

    /// The runs whose quarantine is over, oldest first; all of them under pressure.
    private func due(_ target: CleanupTarget, _ isUrgent: Bool) async throws -> [RunName] {
        let time = now()
        return try await ledger.quarantines(of: target.row)
            .filter { isUrgent || time - $0.since >= target.quarantine }
            .map(\.run)
    }

    func tidy(_ run: RunName, _ root: StorageRoot) async throws {
        let quarantine = Quarantine(root: root)
        try await offPool {
            if try quarantine.contents(of: run).isEmpty {
                try quarantine.forgetDroppedLinks(of: run)
            }
            try quarantine.tidy(run)
        }
    }

    func newRun(_ cause: Cleaner.Cause, at time: Timestamp) -> RunRecord {
        RunRecord(
            name: RunName(at: time),
            cause: cause.name,
            measured: cause.measured,
            scope: RunRecord.purgeScope,
            mode: "enforce",
            state: .planned,
            createdAt: time
        )
    }

    private static let purgeBatch = 1_024
}

extension RunRecord {
    fileprivate static let purgeScope = #"{"targets":["purge"]}"#

    /// Whether it gives back what runs before it have taken: it releases nothing itself.
    package var isPurge: Bool { scope == Self.purgeScope }
}
