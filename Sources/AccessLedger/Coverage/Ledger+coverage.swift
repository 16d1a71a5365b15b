import GRDB
package import RegistryModel

/// The proofs of coverage that the ledger holds for one registry.
package struct CoverageRecord: Sendable, Equatable {
    package struct Stretch: Sendable, Equatable {
        package var from: Timestamp
        /// Nil while it is not over.
        package var to: Timestamp?
        package var reason: String

        package init(from: Timestamp, to: Timestamp?, reason: String) {
            self.from = from
            self.to = to
            self.reason = reason
        }
    }

    /// Time that is proven to be heard.
    package var covered: [Stretch] = []
    /// Loss that was noticed; never tolerated.
    package var losses: [Stretch] = []
    /// Our own absences that have not healed.
    package var absences: [Stretch] = []
    /// What is older is held no more.
    package var heldSince = Timestamp(milliseconds: 0)
    /// That the registry was at another address before, unless it was said since that it is the same.
    package var move: Move?

    package struct Move: Sendable, Equatable {
        package var formerAddress: String
        /// When it was first heard at this one; nil where no daemon has heard it there yet.
        package var since: Timestamp?

        package init(formerAddress: String, since: Timestamp?) {
            self.formerAddress = formerAddress
            self.since = since
        }
    }

    package init() {}
}

/// What the newest probes of a registry tell.
package struct ProbeRecord: Sendable, Equatable {
    package var sentAt: Timestamp
    package var mediaType: String
    package var failure: String?
    package var returnedAt: Timestamp?
}

extension Ledger {
    /// The proofs of coverage that reach into the time since `horizon`.
    ///
    /// What was heard of the registry at another `address` proves nothing; nil is where it was last.
    /// Proofs that lie behind `now` are of a wrong clock and prove nothing either, nor do those of a
    /// daemon that has not noticed yet that it stood still; nil believes them.
    package func coverage(
        of registry: RegistryRow,
        at address: String? = nil,
        since horizon: Timestamp,
        now: Timestamp? = nil
    ) async throws -> CoverageRecord {
        try await read("read the coverage from") { db in
            var record = CoverageRecord()
            let held = try db.number("SELECT heldSince FROM registry WHERE id = ?", [registry.id])
            let from = max(horizon.milliseconds, held ?? 0)
            let places = try PlaceHistory(db, registry, at: address)
            let beat = now == nil ? nil : try Self.lastHeartbeat(db)
            record.covered = try Self.stretches(
                db,
                "SELECT fromTime, toTime, kind FROM coverage WHERE registryId = ? AND toTime >= ?",
                [registry.id, from]
            ).filter { !$0.isOfWrongClock(now) }
                .compactMap { $0.known(at: beat) }
                .flatMap(places.here)
            let doubts = try DoubtRows(db: db, registryId: registry.id).hours()
            record.covered = record.covered.flatMap { $0.without(hoursOf: doubts) }
            record.move = places.move
            if let trust = try Self.trustedHistory(db, registry), places.isHere(trust.address),
                !trust.word.isEmpty
            {
                record.covered.append(trust.word.stretch)
                if places.isOfThisTime(trust.word) { record.move = nil }
            }
            let oldest = Timestamp(milliseconds: held ?? 0)
            record.covered = record.covered.compactMap { stretch in
                guard let to = stretch.to, to > oldest else { return nil }
                return .init(from: max(stretch.from, oldest), to: to, reason: stretch.reason)
            }
            record.heldSince = oldest
            record.losses =
                try Self.stretches(
                    db,
                    """
                    SELECT fromTime, toTime, reason FROM knownLoss
                    WHERE registryId = ? AND (toTime IS NULL OR toTime >= ?)
                    """,
                    [registry.id, from]
                ) + Self.unread(db, of: registry) + Self.lostByLeaps(db, since: from)
                + [Self.openLoss(db, registry.id)].compactMap(\.self)
            record.absences = try Self.stretches(
                db,
                """
                SELECT fromTime, toTime, reason FROM downtime
                WHERE registryId = ? AND toTime >= ? AND healedAt IS NULL
                """,
                [registry.id, from]
            )
            return record
        }
    }

    private static func stretches(
        _ db: Database,
        _ sql: String,
        _ arguments: Database.Arguments
    ) throws -> [CoverageRecord.Stretch] {
        try db.rows(sql, arguments).map { row in
            .init(
                from: Timestamp(milliseconds: row[0]),
                to: (row[1] as Int64?).map(Timestamp.init(milliseconds:)),
                reason: row[2]
            )
        }
    }
}

extension Ledger {
    /// How many processes of a registry have sent something since a time, but for those that are
    /// known to have ended.
    package func processesHeard(
        of registry: RegistryRow,
        since horizon: Timestamp
    ) async throws -> Int {
        try await read("count a registry's processes in") { db in
            Int(
                try db.number(
                    """
                    SELECT count(DISTINCT name) FROM instance
                    WHERE registryId = ? AND lastHeard >= ? AND droppedAt IS NULL
                        AND name <> ''
                    """,
                    [registry.id, horizon.milliseconds]
                ) ?? 0
            )
        }
    }
}

extension TrustedHistory {
    fileprivate var stretch: CoverageRecord.Stretch {
        .init(from: from, to: end, reason: "trustHistoryFrom")
    }
}

extension CoverageRecord.Stretch {
    /// Whether a probe of a clock that was ahead has proven it.
    fileprivate func isOfWrongClock(_ now: Timestamp?) -> Bool {
        guard let now, let to, reason != "import" else { return false }
        return to > now + Self.longestPlan
    }

    /// What of it was proven while heartbeats were written; those that are missing may be of a daemon
    /// that stood still, and will be an absence when it comes to notice.
    fileprivate func known(at beat: Timestamp?) -> Self? {
        guard let beat, let to, reason != "import", to > beat + Pulse.standstill else {
            return self
        }
        guard from < beat else { return nil }
        return Self(from: from, to: beat, reason: reason)
    }

    /// What is left of what an import covers, where something of its logs was not understood.
    fileprivate func without(
        hoursOf doubts: [ClosedRange<Timestamp>]
    ) -> [CoverageRecord.Stretch] {
        guard let to, reason == "import", !doubts.isEmpty else { return [self] }
        return [from...to].without(hoursOf: doubts).map {
            .init(from: $0.lowerBound, to: $0.upperBound, reason: reason)
        }
    }

    /// A plan keeps to the time of its beginning, and what it reads later may be proven since.
    private static let longestPlan = Span.minutes(10)
}
