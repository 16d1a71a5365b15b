import Synchronization

/// Where the references of manifests that were read before are kept.
///
/// They are named by content, so they hold for every registry and never change.
package protocol ReferenceStore: Sendable {
    /// What is known of `digests`; what is not known is left out.
    func references(of digests: [PackedDigest]) throws -> [PackedDigest: PackedReferences]
    /// Keeps what was read and verified.
    func keep(_ read: [(digest: PackedDigest, references: PackedReferences)]) throws
}

/// References kept for the length of a run, where there is no ledger.
package final class InMemoryReferences: ReferenceStore {
    private let known = Mutex<[PackedDigest: PackedReferences]>([:])

    package init() {}

    package var count: Int { known.withLock(\.count) }

    package func references(
        of digests: [PackedDigest]
    ) -> [PackedDigest: PackedReferences] {
        known.withLock { known in
            var found: [PackedDigest: PackedReferences] = [:]
            for digest in digests { found[digest] = known[digest] }
            return found
        }
    }

    package func keep(_ read: [(digest: PackedDigest, references: PackedReferences)]) {
        known.withLock { known in
            for entry in read { known[entry.digest] = entry.references }
        }
    }
}
