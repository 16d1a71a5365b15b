package import AccessLedger
import RegistryClients
package import RegistryModel

/// Puts removed images back from the manifests that the ledger keeps.
package struct Restorer: Sendable {
    let ledger: Ledger
    let targets: [CleanupTarget]
    let sweeper: StorageSweeper
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        targets: [CleanupTarget],
        sweeper: StorageSweeper,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.targets = targets
        self.sweeper = sweeper
        self.now = now
    }

    /// Puts back everything that a run removed.
    package func restore(run name: RunName) async throws -> [Result] {
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        let done = run.items.indices.filter { index in
            let item = run.items[index]
            return item.state == .done && item.detail != RunItem.wasGone
        }
        guard !done.isEmpty else { throw CleanupError.nothingToRestore("run \(name)") }
        // What an index holds must be there before the index.
        let (tagged, untagged) = (
            done.filter { run.items[$0].tag != nil }, done.filter { run.items[$0].tag == nil }
        )
        var results: [Result] = []
        for index in untagged.reversed() + tagged {
            results.append(await restore(run.items[index]))
        }
        return results
    }

    /// Puts back one image, with what its index held.
    package func restore(
        _ repository: RepositoryName,
        tag: TagName?,
        digest: Digest?,
        of target: CleanupTarget
    ) async throws -> [Result] {
        let subject = "\(repository)\(tag.map { ":\($0)" } ?? digest.map { "@\($0)" } ?? "")"
        guard
            let image = try await ledger.image(
                repository,
                tag: tag,
                digest: digest,
                in: target.row
            ),
            let removal = try await ledger.removal(of: image, tag: tag)
        else { throw CleanupError.nothingToRestore(subject) }
        return [await restore(removal.item)]
    }

    private func restore(_ item: RunItem) async -> Result {
        guard let target = targets.first(where: { $0.row == item.registry }) else {
            return Result(item: item, state: .failed, detail: "its registry is not in the settings")
        }
        if let reason = target.traits.noWayBack {
            return Result(item: item, state: .failed, detail: "\(reason); push it again")
        }
        guard let digest = item.digest else {
            return Result(item: item, state: .failed, detail: "its digest is not known")
        }
        do {
            if let other = try await present(item, target), other != digest {
                return Result(item: item, state: .skipped, detail: Result.isTaken(by: other))
            }
            try await put(digest, item.tag, item, target, depth: 0)
            return Result(item: item, state: .restored, detail: "")
        } catch let obstacle as Obstacle {
            return Result(item: item, state: .failed, detail: obstacle.reason)
        } catch {
            return Result(item: item, state: .failed, detail: "\(error)")
        }
    }

    private struct Obstacle: Error {
        var reason: String
    }

    private func present(_ item: RunItem, _ target: CleanupTarget) async throws -> Digest? {
        guard let tag = item.tag else { return nil }
        do {
            return try await target.client.head(item.repository, .tag(tag)).digest
        } catch let error where error.kind == .notFound {
            return nil
        }
    }

    /// Puts a kept manifest, after what it holds; a blob that is gone for good is said.
    private func put(
        _ digest: Digest,
        _ tag: TagName?,
        _ item: RunItem,
        _ target: CleanupTarget,
        depth: Int
    ) async throws {
        guard let kept = try await manifest(digest, item, target) else {
            let isOurs = item.detail != RunItem.wasGone
            throw Obstacle(
                reason: isOurs
                    ? "manifest \(digest) was not kept"
                    : "somebody else removed it, and its manifest \(digest) is gone, too; "
                        + "push the image again"
            )
        }
        let content = try ManifestContent(parsing: kept.bytes, mediaType: kept.mediaType)
        if depth < Self.deepestNesting {
            for child in content.children {
                guard try await !isPresent(child.digest, item, target) else { continue }
                try await put(child.digest, nil, item, target, depth: depth + 1)
            }
        }
        // A sweep may have it in quarantine, whatever a cache makes the registry say.
        let needed = [digest] + content.blobs.map(\.digest)
        try await sweeper.bringBack(Set(needed), for: item.repository, of: target)
        if let blob = try await missing(content, item, target) {
            throw Obstacle(reason: "blob \(blob) is gone from the registry; push the image again")
        }
        try await write(
            kept.bytes,
            kept.mediaType,
            tag.map { .tag($0) } ?? .digest(digest),
            item,
            target
        )
        try await ledger.restored(
            item.repository,
            tag: tag,
            digest: digest,
            of: target.row,
            at: now()
        )
    }

    /// A manifest as the ledger keeps it, or else as the registry still has it: when only its tag was
    /// removed, or by somebody else.
    private func manifest(
        _ digest: Digest,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async throws -> KeptManifest? {
        if let kept = try await ledger.keptManifest(digest, in: item.repositoryId) { return kept }
        return try await found(digest, item, target).map { found in
            KeptManifest(
                digest: digest,
                mediaType: found.mediaType ?? MediaType.ociManifest,
                bytes: found.bytes
            )
        }
    }

    private func found(
        _ digest: Digest,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async throws -> FetchedManifest? {
        do {
            return try await target.client.manifest(item.repository, .digest(digest))
        } catch let error where error.kind == .notFound {
            return nil
        }
    }

    /// A blob that the registry does not have; nil where it has them all.
    ///
    /// The disk is asked where that tells, for a cache believes in what is gone.
    private func missing(
        _ content: ManifestContent,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async throws -> Digest? {
        let client = sweeper.holdsAll(of: target) ? target.reader : target.client
        // What is stored elsewhere is fetched there by clients, and registries take it on trust.
        for blob in content.blobs where !blob.isElsewhere {
            guard try await client.hasBlob(item.repository, blob.digest) else { return blob.digest }
        }
        return nil
    }

    /// Writes by the API, or on the disk where the registry takes no pushes, as a pull-through cache,
    /// or takes one for what it believes to have.
    private func write(
        _ bytes: [UInt8],
        _ mediaType: String,
        _ reference: ManifestReference,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async throws {
        if let refusal = await push(bytes, mediaType, reference, item, target) {
            guard target.storage != nil, !refusal.isRetryable else { throw refusal }
        } else {
            guard sweeper.holdsAll(of: target) else { return }
            let written = try? await target.reader.manifest(item.repository, reference)
            guard written?.bytes != bytes else { return }
        }
        _ = try await target.reader.put(
            item.repository,
            reference,
            bytes: bytes,
            mediaType: mediaType
        )
    }

    /// Pushes by the API; says why that was refused, where it was.
    private func push(
        _ bytes: [UInt8],
        _ mediaType: String,
        _ reference: ManifestReference,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async -> RegistryError? {
        do {
            _ = try await target.client.put(
                item.repository,
                reference,
                bytes: bytes,
                mediaType: mediaType
            )
            return nil
        } catch {
            return error
        }
    }

    private func isPresent(
        _ digest: Digest,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async throws -> Bool {
        do {
            _ = try await target.client.head(item.repository, .digest(digest))
            return true
        } catch let error where error.kind == .notFound {
            return false
        }
    }

    private static let deepestNesting = 16
}
