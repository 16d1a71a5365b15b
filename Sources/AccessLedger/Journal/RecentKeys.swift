import GRDB

/// The keys of the last commits, so that the table is asked for those only that may be in it.
///
/// A key that came after all that the table held is new when it is not among these; hardly any is
/// older.
struct RecentKeys {
    /// Accesses that are in the journal.
    private(set) var journaled = 0
    private var keys: Set<SeenKey> = []
    /// By registry, the latest stamp that the table held before these keys.
    private var tableEnds: [Int64: Int64] = [:]

    /// Takes a key that goes to the journal; false when it was heard before.
    mutating func insert(_ key: SeenKey, _ db: Database) throws -> Bool {
        guard keys.insert(key).inserted else { return false }
        journaled += 1
        guard try key.stamp <= tableEnd(key.registryId, db) else { return true }
        return try !key.isKept(db)
    }

    /// Notes that the journal was carried over; what is remembered stays right.
    mutating func journalIsEmpty() {
        journaled = 0
        if keys.count > Self.most { self = RecentKeys() }
    }

    private mutating func tableEnd(_ registryId: Int64, _ db: Database) throws -> Int64 {
        if let end = tableEnds[registryId] { return end }
        let end = try db.number("SELECT max(stamp) FROM seen WHERE registryId = ?", [registryId])
        tableEnds[registryId] = end ?? .min
        return end ?? .min
    }

    /// About 3 MB.
    private static let most = 49_152
}
