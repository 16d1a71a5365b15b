import Foundation
import GRDB

extension Ledger {
    /// What manifests refer to, as it was packed when they were read; 32 bytes name each.
    ///
    /// Many are looked up by reading the whole table, which is faster than as many questions.
    package func packedReferences(of digests: [[UInt8]]) throws -> [[UInt8]: [UInt8]] {
        do {
            return try pool.read { db in
                try Self.areMost(digests, db)
                    ? try Self.allReferences(among: Set(digests), db)
                    : try Self.eachReference(digests, db)
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "read references from", path: path)
        }
    }

    /// Whether at most four times as many are held; to count them all would be to read them all.
    private static func areMost(_ digests: [[UInt8]], _ db: Database) throws -> Bool {
        let few = digests.count * 4
        let held = try db.number(
            "SELECT count(*) FROM (SELECT 1 FROM manifestReferences LIMIT ?)",
            [few + 1]
        )
        return (held ?? 0) <= few
    }

    private static func eachReference(
        _ digests: [[UInt8]],
        _ db: Database
    ) throws -> [[UInt8]: [UInt8]] {
        var found: [[UInt8]: [UInt8]] = [:]
        for digest in digests {
            let row = try db.row(
                "SELECT packed FROM manifestReferences WHERE digest = ?",
                [Data(digest)]
            )
            if let row { found[digest] = [UInt8](row[0] as Data) }
        }
        return found
    }

    private static func allReferences(
        among wanted: Set<[UInt8]>,
        _ db: Database
    ) throws -> [[UInt8]: [UInt8]] {
        var found: [[UInt8]: [UInt8]] = [:]
        found.reserveCapacity(wanted.count)
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: "SELECT digest, packed FROM manifestReferences")
        )
        while let row = try rows.next() {
            let digest = [UInt8](row[0] as Data)
            if wanted.contains(digest) { found[digest] = [UInt8](row[1] as Data) }
        }
        return found
    }

    /// A mark of a million blobs needs its memory for more than pages that are seen once.
    private func setWriterCache(_ kibibytes: Int) throws {
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA cache_size = -\(kibibytes)")
            db.releaseMemory()
        }
    }

    private static let manyReferences = 2_000
    private static let smallCacheKiB = 2_048

    /// Keeps what manifests refer to; content never changes, so what is known stays.
    package func keepReferences(_ read: [(digest: [UInt8], packed: [UInt8])]) throws {
        let rowMemory = rowMemory
        let areMany = read.count >= Self.manyReferences
        do {
            if areMany { try setWriterCache(Self.smallCacheKiB) }
            defer { if areMany { try? setWriterCache(Self.writerCacheKiB) } }
            try pool.write { db in
                try checkFile("keep references in")
                rowMemory.begin()
                for manifest in read {
                    try db.run(
                        """
                        INSERT INTO manifestReferences (digest, packed) VALUES (?, ?)
                        ON CONFLICT (digest) DO UPDATE SET packed = excluded.packed
                        """,
                        [Data(manifest.digest), Data(manifest.packed)]
                    )
                }
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "keep references in", path: path)
        }
    }
}
