import AccessLedger
import RegistryClients
import RegistryModel

// Where the registry deletes by digest only, and a manifest has more tags than go.
extension ItemRemover {
    /// Takes one tag away where a delete by digest would take its siblings along: points it at a
    /// throw-away manifest of its own, and deletes that (design, section 5.6).
    func overwrite(_ item: RunItem) async throws {
        guard let tag = item.tag else { return }
        let config = Array(#"{"lastpull":"\#(run.name) \#(item.ordinal)"}"#.utf8)
        let manifest = Self.throwAway(config)
        try await ledger.begin(
            [item],
            in: run.name,
            step: "\(Self.overwriting)\(manifest.digest)",
            at: executor.now()
        )
        do {
            _ = try await target.client.uploadBlob(item.repository, bytes: config)
            _ = try await target.client.put(
                item.repository,
                .tag(tag),
                bytes: manifest.bytes,
                mediaType: MediaType.ociManifest
            )
            _ = try await target.client.delete(item.repository, .digest(manifest.digest))
        } catch {
            throw await undone(item, tag, manifest.digest, after: error)
        }
    }

    /// Points the tag back after a failure, also where we are cut off: it must not stay where it is.
    ///
    /// - Returns: What the item ends with.
    private func undone(
        _ item: RunItem,
        _ tag: TagName,
        _ throwAway: Digest,
        after error: RegistryError
    ) async -> any Error {
        let step = "\(Self.overwriting)\(throwAway)"
        let undoing = Task { try await undoOverwrite(item, tag, throwAway) }
        if case .failure(let reason) = await undoing.result {
            return Obstacle.halfDone(
                "\(error); the next cleanup finishes it, as it could not be undone: \(reason)",
                step: step
            )
        }
        // What was sent before we were cut off may still be carried out.
        guard error.kind == .cancelled else { return error }
        return Obstacle.halfDone("\(error); the next cleanup finishes it", step: step)
    }

    /// How the journal marks an overwrite that has begun, before the throw-away digest.
    private static let overwriting = "overwrite "

    static func throwAway(_ config: [UInt8]) -> (digest: Digest, bytes: [UInt8]) {
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + #"{"mediaType":"application/vnd.oci.image.config.v1+json","#
            + #""digest":"\#(Digest(hashing: config))","size":\#(config.count)},"layers":[]}"#
        let bytes = Array(text.utf8)
        return (Digest(hashing: bytes), bytes)
    }

    /// After a kill between overwriting and deleting: deletes the throw-away manifest.
    ///
    /// - Returns: Whether the tag pointed to it.
    func finishOverwrite(_ item: RunItem) async throws -> Bool {
        guard item.step.hasPrefix(Self.overwriting), let tag = item.tag,
            let found = try await fetch(.tag(tag), in: item.repository)?.digest,
            item.step == "\(Self.overwriting)\(found)"
        else { return false }
        _ = try await target.client.delete(item.repository, .digest(found))
        return true
    }

    /// After a refusal between overwriting and deleting: points the tag back.
    private func undoOverwrite(_ item: RunItem, _ tag: TagName, _ throwAway: Digest) async throws {
        guard let digest = item.digest,
            try await fetch(.tag(tag), in: item.repository)?.digest == throwAway,
            let kept = try await ledger.keptManifest(digest, in: item.repositoryId)
        else { return }
        _ = try await target.client.put(
            item.repository,
            .tag(tag),
            bytes: kept.bytes,
            mediaType: kept.mediaType
        )
        // Untagged now; where this is refused too, it stays for the registry's own collector.
        _ = try? await target.client.delete(item.repository, .digest(throwAway))
    }
}
