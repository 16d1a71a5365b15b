import GRDB
package import RegistryModel

/// At which addresses a registry was heard, one after the other; another address is taken for another
/// registry.
struct PlaceHistory {
    private struct Place {
        var since: Int64
        var address: String
    }

    /// Oldest first; the first since ever.
    private let places: [Place]
    private let address: String?

    init(_ db: Database, _ registry: RegistryRow, at address: String?) throws {
        places = try db.rows(
            "SELECT since, address FROM registryAddress WHERE registryId = ? ORDER BY since",
            [registry.id]
        ).map { Place(since: $0[0], address: $0[1]) }
        self.address = address ?? places.last?.address
    }

    /// Whether an address that was noted is the present one; an empty one was never another.
    func isHere(_ other: String) -> Bool {
        other.isEmpty ? places.count < 2 && move == nil : other == address
    }

    /// When the registry came here from another address; nil where it was never at one.
    var move: CoverageRecord.Move? {
        guard let last = places.last, let other = places.last(where: { $0.address != address })
        else { return nil }
        let since = last.address == address ? Timestamp(milliseconds: last.since) : nil
        return .init(formerAddress: other.address, since: since)
    }

    /// Whether the operator's word was given after the registry had come from elsewhere.
    func isOfThisTime(_ word: TrustedHistory) -> Bool {
        let before = places.last { $0.address != address }?.since ?? 0
        return word.givenAt.milliseconds >= before
    }

    /// The parts of a stretch in which the registry was here.
    func here(_ stretch: CoverageRecord.Stretch) -> [CoverageRecord.Stretch] {
        guard let to = stretch.to, !places.isEmpty else { return [stretch] }
        return places.indices.compactMap { index in
            guard places[index].address == address else { return nil }
            let end = index + 1 < places.count ? places[index + 1].since : Int64.max
            let from = max(stretch.from.milliseconds, places[index].since)
            let until = min(to.milliseconds, end)
            guard from < until else { return nil }
            return .init(
                from: Timestamp(milliseconds: from),
                to: Timestamp(milliseconds: until),
                reason: stretch.reason
            )
        }
    }
}

extension Ledger {
    /// Notes where a registry is heard from now on.
    ///
    /// Where it is not `isHearing` only the first address is noted, so that a look with other settings
    /// changes nothing.
    package func note(
        address: String,
        of registry: RegistryRow,
        at time: Timestamp,
        isHearing: Bool
    ) async throws {
        try await write("note an address in") { db in
            let last = try String.fetchOne(
                db,
                sql: """
                    SELECT address FROM registryAddress WHERE registryId = ?
                    ORDER BY since DESC LIMIT 1
                    """,
                arguments: [registry.id]
            )
            guard last == nil || (isHearing && last != address) else { return }
            try db.run(
                """
                INSERT INTO registryAddress (registryId, since, address) VALUES (?1, ?2, ?3)
                ON CONFLICT (registryId, since) DO UPDATE SET address = excluded.address
                """,
                [registry.id, last == nil ? 0 : time.milliseconds, address]
            )
            guard last == nil else {
                // The processes of another registry return no probes of this one.
                try db.run(
                    "UPDATE instance SET droppedAt = ? WHERE registryId = ? AND droppedAt IS NULL",
                    [time.milliseconds, registry.id]
                )
                return
            }
            try db.run(
                "UPDATE trust SET address = ? WHERE registryId = ? AND address = ''",
                [address, registry.id]
            )
        }
    }
}
