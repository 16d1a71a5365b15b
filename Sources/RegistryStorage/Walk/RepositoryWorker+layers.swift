import RegistryModel

/// A layer link that was found, without its repository's name.
struct FoundLink: Sendable {
    var repository: UInt32
    var digest: PackedDigest
    var bytes: Int64
    var modified: Timestamp
}

extension RepositoryWorker {
    /// Reads the layer links of a repository, and takes those for which `takes` holds.
    func readLayers(
        _ repository: UInt32,
        where takes: (UInt32, PackedDigest) -> Bool
    ) throws(StorageError) {
        try listDigests(repository, .layers) { names, descriptor in
            readLayers(repository, names, descriptor, where: takes)
        }
    }

    func readLayers(
        _ repository: UInt32,
        _ names: ArraySlice<PackedDigest>,
        _ descriptor: Int32,
        where takes: (UInt32, PackedDigest) -> Bool
    ) {
        for digest in names {
            guard let link = checkedLink(repository, .layers, digest, descriptor) else { continue }
            noteNewest(repository, link.modified)
            guard takes(repository, digest) else { continue }
            links.append(
                FoundLink(
                    repository: repository,
                    digest: digest,
                    bytes: link.bytes,
                    modified: link.modified
                )
            )
        }
    }
}
