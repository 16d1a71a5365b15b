import Foundation
import GRDB
import RegistryModel

extension Ledger {
    /// Asks how the records of logs are named, which is settled once and for all.
    static func recordNaming(_ db: Database) throws -> RecordNaming {
        let secret = try Data.fetchOne(db, sql: "SELECT secret FROM recordNaming")
        guard let secret, secret.count == 16 else { return .digest }
        return secret.withUnsafeBytes { bytes in
            .keyed(
                low: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)),
                high: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}
