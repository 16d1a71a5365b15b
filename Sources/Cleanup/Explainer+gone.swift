import AccessLedger
import RegistryClients
import RegistryModel

// What removed an image that is gone, and whether it can come back.
extension Explainer {
    /// Tells of an image that is gone, or that is known from a sweep of the disk only.
    func explainGone(
        _ image: ImageRecord?,
        _ name: (repository: RepositoryName, tag: TagName?, digest: Digest?),
        of target: CleanupTarget,
        _ answer: inout Answer
    ) async throws {
        var removal: RunRemoval?
        if let image { removal = try await ledger.lastRemoval(of: image, tag: name.tag) }
        let swept = try await ledger.lastStorageRemoval(
            of: name.repository,
            tag: name.tag,
            digest: name.digest,
            in: target.row
        )
        // Who removed it last is who it is gone for; a delete is heard at the latest when it is done.
        let goneAt = image?.goneAt ?? Timestamp(milliseconds: 0)
        if let removal, removal.at >= goneAt {
            try await tell(of: removal, target, &answer)
        } else if let swept, image == nil || swept.at >= goneAt {
            tell(of: swept, &answer)
        } else {
            answer.detail = "it was removed by somebody else"
            answer.removedAt = image?.goneAt
            if let removal {
                answer.detail += "; run \(removal.run) had removed it before"
            }
        }
    }

    private func tell(
        of removal: RunRemoval,
        _ target: CleanupTarget,
        _ answer: inout Answer
    ) async throws {
        let item = removal.item
        answer.reason = item.reason
        answer.detail =
            "removed by run \(removal.run) (\(removal.cause)"
            + "\(item.policy.map { ", policy \($0)" } ?? "")): \(item.why)"
        answer.run = removal.run
        answer.cause = removal.cause
        answer.policy = item.policy
        answer.removedAt = removal.at
        answer.digest = item.digest
        answer.accesses = item.accesses
        answer.lastAccess = item.accesses > 0 ? item.lastAccess : nil
        (answer.isRestorable, answer.restore) = try await way(back: item, answer.image, target)
        answer.regret = try await ledger.regrets(ofRun: removal.run).first {
            $0.repositoryId == item.repositoryId && ($0.tag == item.tag || item.tag == nil)
                && ($0.tag != nil || $0.digest == item.digest)
        }
    }

    private func way(
        back item: RunItem,
        _ image: String,
        _ target: CleanupTarget
    ) async throws -> (Bool?, String?) {
        if let reason = target.traits.noWayBack { return (false, reason) }
        guard let digest = item.digest,
            try await ledger.keptManifest(digest, in: item.repositoryId) != nil
        else { return (false, "its manifest was not kept; push it again") }
        guard
            let purged = try await ledger.purgedContent(of: digest, in: item.repositoryId)
        else {
            return (
                true,
                "its manifest is kept; `lastpull restore \(image)` puts it back while the registry "
                    + "has its blobs"
            )
        }
        return (
            false,
            "blob \(purged.blob) was purged by run \(purged.run); push the image again"
        )
    }

    private func tell(of swept: SweepRemoval, _ answer: inout Answer) {
        let item = swept.item
        let isHeld = item.state == .quarantined
        answer.reason = item.reason
        answer.detail =
            isHeld
            ? "taken from the disk by run \(swept.run) (\(swept.cause)), and in quarantine"
            : "purged from the disk by run \(swept.run) (\(swept.cause))"
        answer.run = swept.run
        answer.cause = swept.cause
        answer.removedAt = swept.at
        answer.digest = item.digest
        answer.isRestorable = isHeld
        answer.restore =
            isHeld
            ? "it is in quarantine; `lastpull restore \(swept.run)` puts it back"
            : "its bytes are off the disk; push it again"
    }
}
