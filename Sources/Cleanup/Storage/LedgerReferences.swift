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
        for (digest, packed) in try ledger.packedReferences(of: digests.map(\.bytes)) {
            guard let digest = PackedDigest(bytes: digest),
                let references = PackedReferences(bytes: packed)
            else { continue }
            found[digest] = references
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
