package import AccessLedger
import Logging
import RegistryModel

extension StorageSweeper {
    /// Writes a run's end down together with its prune events.
    func end(
        _ name: RunName,
        of target: CleanupTarget,
        note: String,
        isCutOff: Bool = false,
        isHarmful: Bool = false,
        isPurgedNext: Bool = false
    ) async throws -> RunRecord {
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        return try await end(
            run,
            of: target,
            note: note,
            isCutOff: isCutOff,
            isHarmful: isHarmful,
            isPurgedNext: isPurgedNext
        )
    }

    /// The same for a run whose items are as they are here, together with the last that it removed.
    ///
    /// Where a purge follows at once, that says what is left.
    func end(
        _ run: RunRecord,
        of target: CleanupTarget,
        note: String,
        isCutOff: Bool = false,
        isHarmful: Bool = false,
        isPurgedNext: Bool = false,
        purged: [(ordinal: Int, reclaimed: Int64)] = []
    ) async throws -> RunRecord {
        var run = run
        let sums = StorageSums(run.storage)
        let taken = sums.taken
        let held = isPurgedNext ? "" : QuarantineNote.text(sums, for: target.quarantine)
        // What is needed again by now stays without anything having failed.
        let isFailed = isHarmful || taken == 0 && isCutOff
        let isWhole = taken == run.storage.count
        run.state = isFailed ? .failed : isWhole ? .done : .partly
        let stop =
            interruption.isRaised && !isWhole
            ? RunExecutor.stopped(after: taken, of: run.storage.count) : ""
        run.note = Cleaner.joined([stop, note, held])
        run.endedAt = now()
        try await ledger.end(
            run,
            purged: purged,
            at: now(),
            events: Self.events(of: run, at: now())
        )
        logger.info(
            "sweep ended",
            metadata: [
                "run": "\(run.name)", "state": "\(run.state.rawValue)", "items": "\(taken)",
                "reclaimed": "\(sums.reclaimed)",
                "note": "\(run.note)",
            ]
        )
        return run
    }

    /// Says of a sweep that was purged at once what the purge has left, and returns it as it is now.
    package func settle(_ swept: RunRecord) async throws -> RunRecord {
        guard var run = try await ledger.run(swept.name) else { return swept }
        let held = QuarantineNote.text(StorageSums(run.storage))
        guard !held.isEmpty else { return run }
        run.note = Cleaner.joined([QuarantineNote.without(run.note), held])
        try await ledger.set(note: run.note, of: run.name)
        return run
    }

    /// One prune event for each kind of thing (design, section 5.10).
    ///
    /// `byRepository` says how the bytes spread: a blob counts for the first repository that links it.
    static func events(of run: RunRecord, at time: Timestamp) -> [PruneEvent] {
        var byKind: [StorageItem.Kind: [String: Tally]] = [:]
        for item in run.storage where item.isTaken {
            byKind[item.kind, default: [:]][item.registry.name, default: Tally()].add(item)
        }
        let sums = byKind.flatMap { kind, sums in
            sums.map { (registry: $0.key, kind: kind.rawValue, sum: $0.value) }
        }
        return sums.sorted { ($0.registry, $0.kind) < ($1.registry, $1.kind) }.map {
            registry,
            kind,
            sum in
            PruneEvent(
                type: kind,
                action: "prune",
                actor: registry,
                attributes: [
                    "reclaimed": "\(sum.reclaimed)",
                    "released": "\(run.isPurge ? 0 : sum.bytes)",
                    "registry": registry,
                    "run": run.name.description,
                    "trigger": run.cause,
                    "measured": run.measured,
                    "policy": "",
                    "items": "\(sum.count)",
                    "mode": run.mode,
                    "byRepository": spread(sum.byRepository),
                ],
                time: time
            )
        }
    }

    /// What was taken of one kind.
    private struct Tally {
        var count = 0
        var bytes: Int64 = 0
        var reclaimed: Int64 = 0
        var byRepository: [String: Int64] = [:]

        mutating func add(_ item: StorageItem) {
            count += 1
            bytes += item.bytes
            reclaimed += item.reclaimed
            byRepository[item.repository?.description ?? "", default: 0] += item.bytes
        }
    }

    private static func spread(_ bytes: [String: Int64]) -> String {
        let largest = bytes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let rest = largest.dropFirst(repositoriesSaid)
        var parts = largest.prefix(repositoriesSaid)
            .map { "\($0.key.isEmpty ? "none" : $0.key)=\($0.value)" }
        if !rest.isEmpty { parts.append("others=\(rest.reduce(0) { $0 + $1.value })") }
        return parts.joined(separator: ",")
    }

    /// An event stays short; the run has the rest.
    private static let repositoriesSaid = 20

    func waiting(_ run: RunRecord, _ target: CleanupTarget) -> PruneEvent {
        PruneEvent(
            type: "registry",
            action: "waiting",
            actor: target.row.name,
            attributes: [
                "registry": target.row.name, "run": run.name.description, "trigger": run.cause,
                "measured": run.measured, "mode": run.mode, "items": "\(run.storage.count)",
                "released": "\(run.storage.reduce(0) { $0 + $1.bytes })", "note": run.note,
            ],
            time: run.createdAt
        )
    }

    /// Says that a registry may go on believing in what was taken.
    func complainOfStaleCache(
        _ draft: Draft,
        _ target: CleanupTarget,
        count: Int,
        isNew: Bool = false,
        _ obstacle: String
    ) async throws {
        var why = "it did not drop all of it; \(obstacle)"
        if case .unproven(let reason) = draft.way { why = "\(reason); \(obstacle)" }
        try await say(
            .staleCache,
            of: target,
            why: why,
            isNew: isNew,
            ["run": draft.run.name.description, "items": "\(count)"]
        )
    }
}
