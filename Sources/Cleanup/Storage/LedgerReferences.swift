package import AccessLedger
package import RegistryStorage

/// The references of manifests, kept in the ledger: each manifest is read once ever.
package struct LedgerReferences: ReferenceStore {
    let ledger: Ledger

    package init(ledger: Ledger) { self.ledger = ledger }

    package func references(
        of digests: [PackedDigest]
    ) throws -> [PackedDigest: PackedReferences] {
        var found: [PackedDigest: PackedReferences] = [:]
        found.reserveCapacity(digests.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digests.count * PackedDigest.byteCount)
        for digest in digests { digest.withBytes { bytes.append(contentsOf: $0) } }
        let wanted = Set(digests)
        try ledger.eachReferences(of: bytes) { digest, packed in
            guard let digest = PackedDigest(raw: digest), wanted.contains(digest) else { return }
            // What is damaged is read anew.
            found[digest] = PackedReferences(raw: packed)
        }
        return found
    }

    package func keep(
        _ read: [(digest: PackedDigest, references: PackedReferences)]
    ) throws {
        try ledger.keepReferences(
            read.map { (digest: $0.digest.bytes, packed: $0.references.bytes) }
        )
    }
}
