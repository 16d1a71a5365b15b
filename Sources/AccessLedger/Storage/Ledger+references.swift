import Foundation
import GRDB

extension Ledger {
    /// Gives what manifests refer to, as it was packed when they were read, to `body`, with the digest
    /// of each, 32 bytes; `digests` are such bytes, one after the other.
    ///
    /// Many are looked up by reading the whole table, which is faster than as many questions: `body`
    /// may be given others, too. What it is given is there until it returns.
    package func eachReferences(
        of digests: [UInt8],
        _ body: (_ digest: UnsafeRawBufferPointer, _ packed: UnsafeRawBufferPointer) -> Void
    ) throws {
        do {
            try pool.read { db in
                guard try !Self.areMost(digests.count / Self.digestLength, db) else {
                    return try db.cachedStatement(
                        sql: "SELECT digest, packed FROM manifestReferences"
                    ).eachBlobs(body)
                }
                let statement = try db.cachedStatement(
                    sql: "SELECT packed FROM manifestReferences WHERE digest = ?"
                )
                try digests.withUnsafeBytes { bytes in
                    for start in stride(from: 0, to: bytes.count, by: Self.digestLength) {
                        let digest = UnsafeRawBufferPointer(
                            rebasing: bytes[start..<min(start + Self.digestLength, bytes.count)]
                        )
                        try statement.blob(of: digest) { body(digest, $0) }
                    }
                }
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "read references from", path: path)
        }
    }

    /// Bytes of SHA-256.
    private static let digestLength = 32

    /// Whether at most four times as many are held; to count them all would be to read them all.
    private static func areMost(_ count: Int, _ db: Database) throws -> Bool {
        let few = count * 4
        let held = try db.number(
            "SELECT count(*) FROM (SELECT 1 FROM manifestReferences LIMIT ?)",
            [few + 1]
        )
        return (held ?? 0) <= few
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
                        [manifest.digest, manifest.packed]
                    )
                }
            }
        } catch let error as DatabaseError {
            throw LedgerError(error, operation: "keep references in", path: path)
        }
    }
}
