package import AccessLedger
package import RegistryModel
package import RetentionPlanning

extension PlanMaker {
    package func coverage(_ target: CleanupTarget, _ now: Timestamp) async throws -> Coverage {
        let horizon = (now - history).startOfHour
        let record = try await record(target, since: horizon, now)
        return Coverage(
            spans: record.covered.map {
                CoveredSpan(from: max($0.from, horizon), to: $0.to ?? $0.from)
            },
            losses: record.losses.map { KnownLoss(from: $0.from, to: $0.to) },
            gapTolerance: target.gapTolerance,
            knownSince: record.move.map { $0.since ?? now } ?? Timestamp(milliseconds: 0)
        )
    }

    /// The proofs of coverage that the ledger holds for a registry at its present address.
    package func record(
        _ target: CleanupTarget,
        since horizon: Timestamp,
        _ now: Timestamp
    ) async throws -> CoverageRecord {
        try await ledger.coverage(
            of: target.row,
            at: target.place.isEmpty ? nil : target.place,
            since: horizon,
            now: now
        )
    }
}
