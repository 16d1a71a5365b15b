package import RegistryClients
package import RegistryModel
import RegistryStorage

/// Reads and changes a registry on its disk, as its API would; no request is needed.
///
/// It serves where the registry is known by its disk alone, or refuses deletes, as a pull-through
/// cache does.
package struct StorageClient: RegistryClient {
    let path: String

    package init(path: String) { self.path = path }

    package func ping() async throws(RegistryError) {
        _ = try await read("open", path) { $0 }
    }

    package func forEachRepositoryPage(
        _ body: ([RepositoryName]) async throws -> Void
    ) async throws -> Int {
        try await body(
            try await read("list repositories of", path) {
                try StorageInventory(root: $0).repositories()
            }
        )
        return 0
    }

    package func tags(of repository: RepositoryName) async throws(RegistryError) -> [TagName] {
        try await tagged(repository).map(\.name)
    }

    /// The manifests of a repository, tagged or not.
    func revisions(
        of repository: RepositoryName
    ) async throws(RegistryError) -> [StorageInventory.Revision] {
        try await read("list manifests of", "\(repository)") {
            try StorageInventory(root: $0).revisions(of: repository)
        }
    }

    func tagged(
        _ repository: RepositoryName
    ) async throws(RegistryError) -> [StorageInventory.Tag] {
        try await read("list tags of", "\(repository)") {
            try StorageInventory(root: $0).tags(of: repository)
        }
    }

    package func manifest(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> FetchedManifest {
        let digest = try await digest(repository, reference)
        let bytes = try await read("read manifest", "\(repository)@\(digest)") {
            try StorageInventory(root: $0).manifest(repository, digest)
        }
        guard let bytes else { throw missing(repository, reference) }
        return FetchedManifest(digest: digest, mediaType: nil, bytes: bytes)
    }

    package func head(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> HeadAnswer {
        HeadAnswer(digest: try await digest(repository, reference))
    }

    private func digest(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> Digest {
        let path: StoragePath
        switch reference {
        case .tag(let tag): path = .tagCurrentLink(repository, tag)
        case .digest(let digest): path = .revisionLink(repository, digest)
        }
        let link = try await read("read", "\(path)") { try $0.read(path, atMost: 256) }
        guard let link else { throw missing(repository, reference) }
        let text = String(decoding: link, as: UTF8.self)
        guard let digest = Digest(text.hasSuffix("\n") ? String(text.dropLast()) : text) else {
            throw RegistryError(
                operation: "read",
                subject: "\(path)",
                kind: .corrupt,
                detail: "it holds no digest"
            )
        }
        return digest
    }

    package func hasBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) -> Bool {
        try await read("look up", "\(repository)@\(digest)") {
            try $0.facts(.layerLink(repository, digest)) != nil
                && $0.facts(.blobData(digest)) != nil
        }
    }

    package func uploadBlob(
        _ repository: RepositoryName,
        bytes: [UInt8]
    ) async throws(RegistryError) -> Digest {
        throw unsupported("upload", "\(repository)")
    }

    package func deletePower(
        in repository: RepositoryName
    ) async throws(RegistryError) -> DeletePower {
        .byTag
    }

    // MARK: Errors

    func read<Result: Sendable>(
        _ operation: String,
        _ subject: String,
        _ body: @escaping @Sendable (StorageRoot) throws -> Result
    ) async throws(RegistryError) -> Result {
        let path = path
        do {
            return try await offPool { try body(try StorageRoot(path: path)) }
        } catch {
            throw RegistryError(
                operation: operation,
                subject: subject,
                kind: .diskUnreadable,
                detail: "\(error)"
            )
        }
    }

    func missing(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) -> RegistryError {
        RegistryError(operation: "read", subject: "\(repository) \(reference)", kind: .notFound)
    }

    private func unsupported(_ operation: String, _ subject: String) -> RegistryError {
        RegistryError(
            operation: operation,
            subject: subject,
            kind: .unsupported,
            detail: "the registry is known by its disk only; add --url"
        )
    }
}
