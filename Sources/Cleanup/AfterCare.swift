package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel

/// Mends what happened between a last comparison and the delete that followed it (design, 5.6).
///
/// Registries have no compare-and-delete. So what is heard afterwards is looked at: a push of a tag
/// that was just taken away is pointed back to, and a tag that a delete took along without being
/// planned is put back.
package struct AfterCare: Sendable {
    let ledger: Ledger
    let targets: [Int64: CleanupTarget]
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        targets: [CleanupTarget],
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.targets = Dictionary(
            targets.map { ($0.row.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        self.logger = logger
        self.now = now
    }

    /// Looks at what one commit has brought.
    package func heard(_ batch: RecordedBatch) async {
        for push in batch.pushes { await mend(push) { try await putBack(push, of: $0) } }
        for delete in batch.ownDeletes {
            await mend(delete) { try await putBack(unplanned: delete, of: $0) }
        }
    }

    private func mend(
        _ change: RecordedBatch.Change,
        _ body: (CleanupTarget) async throws -> Bool
    ) async {
        do {
            let facts = try await ledger.repositories([change.repositoryId])[change.repositoryId]
            guard let target = targets.values.first(where: { $0.row.name == facts?.registry }),
                try await body(target)
            else { return }
            logger.notice(
                "a tag was put back",
                metadata: [
                    "repository": "\(change.repository)",
                    "tag": "\(change.tag?.description ?? "")",
                ]
            )
        } catch {
            logger.error(
                "a tag could not be put back",
                metadata: [
                    "repository": "\(change.repository)",
                    "tag": "\(change.tag?.description ?? "")", "reason": "\(error)",
                ]
            )
        }
    }

    /// A push that came between our comparison and our delete: the tag is gone or overwritten now.
    private func putBack(
        _ push: RecordedBatch.Change,
        of target: CleanupTarget
    ) async throws -> Bool {
        guard let tag = push.tag, let digest = push.digest else { return false }
        guard try await isWatched(tag, push), try await settles(tag, push, target) else {
            return false
        }
        if let kept = try await ledger.keptManifest(digest, in: push.repositoryId) {
            try await put(kept.bytes, kept.mediaType, digest, tag, push, target)
        } else {
            let manifest = try await target.client.manifest(push.repository, .digest(digest))
            try await put(manifest.bytes, manifest.mediaType, digest, tag, push, target)
        }
        return true
    }

    /// A tag that our delete took along although no plan named it.
    private func putBack(
        unplanned delete: RecordedBatch.Change,
        of target: CleanupTarget
    ) async throws -> Bool {
        guard let tag = delete.tag else { return false }
        guard try await !isWatched(tag, delete),
            try await current(tag, delete.repository, target) == nil,
            let image = try await ledger.image(
                delete.repository,
                tag: tag,
                digest: nil,
                in: target.row
            ),
            let digest = image.digest,
            let kept = try await ledger.keptManifest(digest, in: image.repositoryId)
        else { return false }
        try await put(kept.bytes, kept.mediaType, digest, tag, delete, target)
        return true
    }

    private func put(
        _ bytes: [UInt8],
        _ mediaType: String?,
        _ digest: Digest,
        _ tag: TagName,
        _ change: RecordedBatch.Change,
        _ target: CleanupTarget
    ) async throws {
        _ = try await target.client.put(
            change.repository,
            .tag(tag),
            bytes: bytes,
            mediaType: mediaType ?? MediaType.ociManifest
        )
        try await ledger.restored(
            change.repository,
            tag: tag,
            digest: digest,
            of: target.row,
            at: now()
        )
    }

    /// Whether a removal of the tag was begun shortly before a change of it, however late we hear.
    private func isWatched(_ tag: TagName, _ change: RecordedBatch.Change) async throws -> Bool {
        let compared = try await ledger.watched(
            tag,
            in: change.repositoryId,
            since: change.time - Self.watch
        )
        return compared.map { change.time >= $0 - Self.clockNoise } ?? false
    }

    /// Whether the tag is gone once the removal that is under way has ended.
    private func settles(
        _ tag: TagName,
        _ change: RecordedBatch.Change,
        _ target: CleanupTarget
    ) async throws -> Bool {
        for _ in 0..<Self.looks {
            if try await !ledger.isBeingRemoved(tag, in: change.repositoryId) {
                return try await current(tag, change.repository, target) == nil
            }
            try await Task.sleep(for: Self.pause)
        }
        return false
    }

    /// A quarter of a second apart, as long as a delete may be held up.
    private static let looks = 3_600
    private static let pause = Duration.milliseconds(250)

    private func current(
        _ tag: TagName,
        _ repository: RepositoryName,
        _ target: CleanupTarget
    ) async throws -> Digest? {
        do {
            return try await target.client.head(repository, .tag(tag)).digest
        } catch let error where error.kind == .notFound {
            return nil
        }
    }

    /// How long a delete may be held up (429, retries) after the comparison before it.
    private static let watch = Span.minutes(15)
    private static let clockNoise = Span.seconds(2)
}
