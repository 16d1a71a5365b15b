import RegistryModel

extension SweepDraft {
    /// Decides which blobs go; the content of a manifest goes with the first of its removals.
    mutating func decideBlobs() {
        guard rules.scope.contains(.blobs) else { return }
        blobs.reserveCapacity(mark.unreferenced.count + manifests.count)
        for blob in mark.unreferenced {
            if let reason = reasonToKeep(blob) {
                keep(reason)
                continue
            }
            if let digest = PackedDigest(blob.digest), goesBefore.contains(digest) {
                releasedBefore[blob.digest] = blob.bytes
            }
            if let taker = takers[blob.digest], blob.isManifestData {
                Self.take(blob, into: &manifests[taker])
            } else {
                var removal = Removal(kind: .blob, digest: blob.digest, bytes: 0, own: OwnFiles())
                Self.take(blob, into: &removal)
                blobs.append(removal)
            }
        }
    }

    private static func take(_ blob: UnreferencedBlob, into removal: inout Removal) {
        removal.own.hasContent = true
        removal.links += blob.links
        removal.bytes += blob.links.reduce(blob.bytes) { $0 + $1.bytes }
    }

    private func reasonToKeep(_ blob: UnreferencedBlob) -> KeepReason? {
        if let digest = PackedDigest(blob.digest), held.contains(digest) { return .heldByKept }
        if !heldRepositories.isEmpty {
            // What nothing links may be what an index holds without a link.
            let isHeld = blob.links.isEmpty && !blob.isManifestData
            if isHeld || blob.links.contains(where: { heldRepositories.contains($0.repository) }) {
                return .unreadable
            }
        }
        guard isInScope(blob) else { return .outsideScope }
        if rules.leavesManifestData, blob.isManifestData || rules.manifestLike.contains(blob.digest)
        {
            return .manifestData
        }
        let newest = newest(blob)
        if isYoung(newest) { return .youngerThanGrace }
        let isPushedTo = blob.links.contains { active.contains($0.repository) }
        if isPushedTo, newest > now - rules.slowPush { return .slowPush }
        return nil
    }

    /// With some repositories only, a blob goes that those link or had as a manifest, and no other.
    private func isInScope(_ blob: UnreferencedBlob) -> Bool {
        guard rules.repositories != nil else { return true }
        guard blob.links.allSatisfy({ mayLose($0.repository) }) else { return false }
        return !blob.links.isEmpty || takers[blob.digest] != nil
    }
}
