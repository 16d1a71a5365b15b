package import RegistryModel

extension StoragePath {
    /// What kind of file of the registry's tree a path names.
    package enum Place: Sendable, Equatable {
        case blob
        case layer
        case revision
        case tagCurrent
        case tagIndex
        case upload
    }

    /// The kind of file, or nil for one that the layout does not have.
    package var place: Place? {
        let parts = partsBelowBase
        guard parts.count > 3 else { return nil }
        if parts[0] == "blobs" { return parts.last == "data" ? .blob : nil }
        guard let special = parts.firstIndex(where: { $0.hasPrefix("_") }) else { return nil }
        let inner = parts[(special + 1)...]
        switch parts[special] {
        case "_layers": return inner.last == "link" ? .layer : nil
        case "_uploads": return .upload
        case "_manifests":
            guard inner.last == "link" else { return nil }
            if inner.first == "revisions" { return .revision }
            return inner.dropFirst(2).first == "index" ? .tagIndex : .tagCurrent
        default: return nil
        }
    }

    /// The repository that a path below `repositories` belongs to.
    package var repository: RepositoryName? {
        let parts = partsBelowBase
        guard parts.first == "repositories",
            let special = parts.firstIndex(where: { $0.hasPrefix("_") })
        else { return nil }
        return RepositoryName(parts[1..<special].joined(separator: "/"))
    }

    /// The digest that a path of a blob's data or of a link names.
    package var namedDigest: Digest? {
        let parts = partsBelowBase
        switch place {
        case .blob where parts.count == 5: return Digest("\(parts[1]):\(parts[3])")
        case .layer, .revision, .tagIndex: return linkedDigest
        default: return nil
        }
    }

    private var partsBelowBase: [Substring] {
        let prefix = "\(StoragePath.base)/"
        guard description.hasPrefix(prefix) else { return [] }
        return description.dropFirst(prefix.count).split(separator: "/")
    }
}
