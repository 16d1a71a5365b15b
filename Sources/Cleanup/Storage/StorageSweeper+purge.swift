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
            for item in record.storage where item.state == .quarantined {
                let files = contents.files(of: item)
                if again.wants(item, files.map(\.path), since: record.createdAt)
                    || named[name]?.contains(item.ordinal) == true
                {
                    wanted.append(item)
                    continue
                }
                guard item.isForgotten else { continue }
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
        }
        guard !run.storage.isEmpty else { return nil }
        run.state = .running
        try await ledger.create(run)
        FaultPoint.purgePlanned.reach()
        try await purge(sources, run, root)
        try await setAside(root)
        return try await end(run.name, of: target, note: "")
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

    /// A registry that was started after the quarantine began, or runs no more, has no memory of it.
    private func proveByRestart(
        _ runs: [RunName],
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws {
        let presence = RegistryPresence.onStorage(root)
        let isSilent = await !doesAnswer(target)
        let heard = try await ledger.processesHeard(of: target.row, since: now() - .hours(1))
        // Processes elsewhere have caches of their own.
        guard heard <= presence.processes.count || heard <= 1 else { return }
        for name in runs {
            let taken = try await ledger.takenAt(name)
                .map { MachineMoment(boot: $0.boot, uptime: $0.uptime) }
            guard presence.provesForgetting(since: taken, isSilent),
                let record = try await ledger.run(name)
            else { continue }
            try await ledger.forgotten(
                storageItems: record.storage.filter { $0.state == .quarantined }.map(\.ordinal),
                in: name
            )
        }
    }

    /// Asks once more for what the registry did not forget when it was taken.
    private func proveByAsking(
        _ runs: [RunName],
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws {
        var open: [RunName: [StorageItem]] = [:]
        for name in runs {
            let items = try await ledger.run(name)?.storage ?? []
            open[name] = items.filter { $0.state == .quarantined && !$0.isForgotten }
        }
        guard open.values.contains(where: { !$0.isEmpty }),
            case .api(let client) = await forgetWay(target, RegistryPresence.onStorage(root))
        else { return }
        let references = LedgerReferences(ledger: ledger)
        let time = now()
        let all = Array(open.values.joined())
        let again = try await offPool {
            try WantedAgain.mark(
                root,
                references,
                taken: all.compactMap(\.revision),
                links: all.compactMap(\.takenLink),
                now: time
            )
        }
        for (name, items) in open {
            guard let record = try await ledger.run(name) else { continue }
            let dropped = try await Self.contents(name, root)
            // What somebody has linked since is left to the look before the purge.
            let items = items.filter { item in
                let files = dropped.files(of: item).map(\.path)
                return !again.wants(item, files, since: record.createdAt)
            }
            let removals = try await offPool {
                try items.map { item in
                    let links = item.digest.map { again.links(to: $0) } ?? []
                    return Forgettable(
                        blob: item.kind == .blob ? item.digest : nil,
                        links: try item.isShared
                            ? [item.sharedLink(in: root)].compactMap(\.self)
                            : links.filter { item.owns(link: $0.path) },
                        dropped: dropped.droppedLinks(of: item).compactMap(\.repository),
                        isShared: item.isShared
                    )
                }
            }
            let proven = try await forget(
                removals,
                Set(removals.indices),
                of: name,
                root,
                client,
                isFirst: false
            )
            try await ledger.forgotten(
                storageItems: proven.map { items[$0].ordinal },
                in: name
            )
        }
    }

    /// Says that the registry has forgotten all that was taken, where that was in doubt.
    private func endStaleCache(_ target: CleanupTarget) async throws {
        let all = try await ledger.quarantines(of: target.row).map(\.run)
        guard try await held(in: all).allSatisfy(\.isForgotten) else { return }
        try await end(.staleCache, of: target) { event in
            // What went at once, against all warning, is never proven forgotten.
            guard let run = event.attributes["run"].flatMap({ RunName($0) }),
                let items = try await ledger.run(run)?.storage
            else { return true }
            return items.allSatisfy { $0.state == .skipped || $0.isForgotten || $0.kind == .upload }
        }
    }

    /// What runs have in quarantine.
    private func held(in runs: [RunName]) async throws -> [StorageItem] {
        var items: [StorageItem] = []
        for name in runs {
            items +=
                try await ledger.run(name)?.storage.filter { $0.state == .quarantined } ?? []
        }
        return items
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
