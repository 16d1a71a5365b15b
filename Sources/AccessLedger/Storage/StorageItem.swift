package import RegistryModel

/// One removal on the registry's disk: a blob with its links, an untagged manifest, an upload, a tag.
package struct StorageItem: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A blob that no manifest needs, with the layer links to it; or such a link alone.
        case blob
        /// A revision's link, with what tags remember of it, and its data where that may go.
        case manifest
        case upload
        case tag
    }

    package var ordinal: Int
    package var registry: RegistryRow
    package var kind: Kind
    package var digest: Digest?
    /// For a blob that several repositories link, the first of them.
    package var repository: RepositoryName?
    /// The tag, or the upload.
    package var name: String?
    package var reason: String
    /// The sizes of all files that go with it.
    package var bytes: Int64
    /// What its run has really given back, and not one before or after it.
    package var reclaimed: Int64
    package var state: RunItem.State
    /// Whether the registry's descriptor cache is proven not to know it any more.
    package var isForgotten: Bool
    package var detail: String

    package init(
        ordinal: Int,
        registry: RegistryRow,
        kind: Kind,
        digest: Digest? = nil,
        repository: RepositoryName? = nil,
        name: String? = nil,
        reason: String,
        bytes: Int64,
        reclaimed: Int64 = 0,
        state: RunItem.State = .planned,
        isForgotten: Bool = false,
        detail: String = ""
    ) {
        self.ordinal = ordinal
        self.registry = registry
        self.kind = kind
        self.digest = digest
        self.repository = repository
        self.name = name
        self.reason = reason
        self.bytes = bytes
        self.reclaimed = reclaimed
        self.state = state
        self.isForgotten = isForgotten
        self.detail = detail
    }

    /// Whether it is out of the registry's sight.
    package var isTaken: Bool { state == .done || state == .quarantined }

    /// What it removes, whatever run it is in.
    package var identity: String {
        "\(kind.rawValue) \(repository?.description ?? "") \(name ?? "") "
            + (digest?.description ?? "")
    }
}
