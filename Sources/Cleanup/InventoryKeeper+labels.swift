import AccessLedger
import Logging
import RegistryClients
import RegistryModel
import RetentionPlanning

// Labels are in the image configuration, which is read once, and only where a policy asks.
extension InventoryKeeper {
    /// Reads the labels of manifests that a policy with `labels` decides about.
    ///
    /// What can't be had now stays unread, and is kept.
    func readLabels(of target: CleanupTarget, in repositoryId: Int64? = nil) async throws {
        guard policies.contains(where: { !$0.keep.labels.isEmpty }) else { return }
        for repository in try await ledger.repositories(of: target.row)
        where needsLabels(repository) && (repositoryId ?? repository.id) == repository.id {
            var last: Int64 = 0
            while true {
                let unread = try await ledger.unlabelledManifests(
                    in: repository.id,
                    after: last,
                    limit: Self.batch
                )
                guard let end = unread.last else { break }
                last = end.id
                let found = try await inParallel(unread, width: Self.width) { manifest in
                    await labels(of: manifest, in: repository.name, target)
                }
                try await ledger.store(labels: found.compactMap(\.self))
            }
        }
    }

    private func needsLabels(_ facts: RepositoryFacts) -> Bool {
        let policy = policies.deciding(registry: facts.registry, repository: facts.name)
        return policy?.keep.labels.isEmpty == false
    }

    /// The labels of one manifest, none known for one that can't be read; nil to try again later.
    private func labels(
        of manifest: UnlabelledManifest,
        in repository: RepositoryName,
        _ target: CleanupTarget
    ) async -> ManifestLabels? {
        switch manifest.mediaType {
        case MediaType.ociIndex, MediaType.dockerList, MediaType.ociArtifact:
            return ManifestLabels(id: manifest.id, labels: [])
        // Its configuration is spread over its history.
        case MediaType.schema1, MediaType.schema1Signed:
            return ManifestLabels(id: manifest.id, labels: nil)
        default: break
        }
        do {
            let labels = try await configurationLabels(of: manifest.digest, repository, target)
            return ManifestLabels(id: manifest.id, labels: labels)
        } catch {
            logger.warning(
                "labels not read; what has them is kept",
                metadata: [
                    "registry": "\(target.row.name)", "repository": "\(repository)",
                    "digest": "\(manifest.digest)", "reason": "\(error)",
                ]
            )
            let isLasting = [.notFound, .corrupt, .unsupported].contains(error.kind)
            return isLasting ? ManifestLabels(id: manifest.id, labels: nil) : nil
        }
    }

    /// The labels in the configuration that a manifest names; nil where that is not understood.
    private func configurationLabels(
        of digest: Digest,
        _ repository: RepositoryName,
        _ target: CleanupTarget
    ) async throws(RegistryError) -> Set<ImageLabel>? {
        guard let reader = target.reader as? any BlobReading else {
            throw RegistryError(
                operation: "read labels from",
                subject: target.row.name,
                kind: .unsupported,
                detail: "image configurations can't be read there"
            )
        }
        let manifest = try await target.reader.manifest(repository, .digest(digest))
        guard let place = ImageConfiguration.place(in: manifest.bytes) else { return [] }
        let limit = ImageConfiguration.longest
        // What is no image's configuration may be anything, of any size, and holds no labels.
        guard place.size ?? 0 <= limit else { return place.isImage ? nil : [] }
        let bytes = try await reader.blob(repository, place.digest, atMost: limit)
        return ImageConfiguration.labels(in: bytes) ?? (place.isImage ? nil : [])
    }
}
