import AccessLedger
import Logging
import RegistryModel

extension StorageSweeper {
    /// Writes a run's end down together with its prune events.
    func end(
        _ name: RunName,
        of target: CleanupTarget,
        note: String,
        isCutOff: Bool = false
    ) async throws -> RunRecord {
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        return try await end(run, of: target, note: note, isCutOff: isCutOff)
    }

    /// The same for a run whose items are as they are here, together with the last that it removed.
    func end(
        _ run: RunRecord,
        of target: CleanupTarget,
        note: String,
        isCutOff: Bool = false,
        purged: [(ordinal: Int, reclaimed: Int64)] = []
    ) async throws -> RunRecord {
        var run = run
        let taken = run.storage.filter { $0.state == .done || $0.state == .quarantined }
        let quarantined = taken.filter { $0.state == .quarantined }
        var said = note.isEmpty ? [] : [note]
        if !quarantined.isEmpty {
            let bytes = ByteCount(quarantined.reduce(0) { $0 + $1.bytes })
            let unproven = quarantined.filter { !$0.isForgotten }
            said.append(
                "\(bytes) in quarantine for at least \(target.quarantine)"
                    + (unproven.isEmpty
                        ? ""
                        : "; \(unproven.count) items stay there until the registry is restarted")
            )
        }
        // What is needed again by now stays without anything having failed.
        let isFailed = taken.isEmpty && isCutOff
        run.state = taken.count == run.storage.count ? .done : isFailed ? .failed : .partly
        run.note = said.joined(separator: "; ")
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
                "run": "\(run.name)", "state": "\(run.state.rawValue)", "items": "\(taken.count)",
                "reclaimed": "\(run.storage.reduce(0) { $0 + $1.reclaimed })",
                "note": "\(run.note)",
            ]
        )
        return run
    }

    /// One prune event for each kind of thing (design, section 5.10).
    ///
    /// `byRepository` says how the bytes spread: a blob counts for the first repository that links it.
    static func events(of run: RunRecord, at time: Timestamp) -> [PruneEvent] {
        let taken = run.storage.filter { $0.state == .done || $0.state == .quarantined }
        let byKind = Dictionary(grouping: taken) { [$0.registry.name, $0.kind.rawValue] }
        return byKind.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in
            let items = byKind[key] ?? []
            return PruneEvent(
                type: key[1],
                action: "prune",
                actor: key[0],
                attributes: [
                    "reclaimed": "\(items.reduce(0) { $0 + $1.reclaimed })",
                    "released": "\(run.isPurge ? 0 : items.reduce(0) { $0 + $1.bytes })",
                    "registry": key[0],
                    "run": run.name.description,
                    "trigger": run.cause,
                    "measured": run.measured,
                    "policy": "",
                    "items": "\(items.count)",
                    "mode": run.mode,
                    "byRepository": spread(items),
                ],
                time: time
            )
        }
    }

    private static func spread(_ items: [StorageItem]) -> String {
        var bytes: [String: Int64] = [:]
        for item in items { bytes[item.repository?.description ?? "", default: 0] += item.bytes }
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

    /// Says loudly that a registry may go on believing in what was taken.
    func complainOfStaleCache(
        _ draft: Draft,
        _ target: CleanupTarget,
        count: Int,
        _ obstacle: String
    ) async throws {
        var why = "it did not drop all of it; \(obstacle)"
        if case .unproven(let reason) = draft.way { why = "\(reason); \(obstacle)" }
        logger.error(
            "the registry may still believe in what was swept; restart it, or set afterSweep",
            metadata: ["registry": "\(target.row.name)", "items": "\(count)", "why": "\(why)"]
        )
        try await ledger.append([
            PruneEvent(
                type: "registry",
                action: "staleCache",
                actor: target.row.name,
                attributes: [
                    "registry": target.row.name, "run": draft.run.name.description,
                    "items": "\(count)", "why": why,
                ],
                time: now()
            )
        ])
    }
}
