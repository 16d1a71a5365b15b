import GRDB
import RegistryModel

// How many reads by clients are ignored, and by which rule: where all are, every image looks unused.
extension BatchRecorder {
    /// Reads of one registry that one rule has ignored; nil for those that count.
    struct Reads: Hashable {
        var registryId: Int64
        var rule: AccessIgnoreList.Rule?
    }

    /// Counts a read where there is something to ignore at all.
    ///
    /// What an engine says is no request.
    mutating func count(
        _ access: Access,
        ignoredBy rule: AccessIgnoreList.Rule?,
        of delivery: Delivery
    ) {
        guard !ignoreList.isEmpty, delivery.source != .engine,
            access.class == .pull || access.class == .resolve
        else { return }
        reads[Reads(registryId: delivery.registry.id, rule: rule), default: 0] += 1
    }

    func flushReads(now: Timestamp) throws {
        for (key, count) in reads {
            try db.run(
                """
                INSERT INTO clientRead (registryId, day, rule, reads) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (registryId, day, rule) DO UPDATE SET reads = reads + excluded.reads
                """,
                [key.registryId, now.day, key.rule.map(ignoreList.name) ?? "", count]
            )
        }
    }
}
