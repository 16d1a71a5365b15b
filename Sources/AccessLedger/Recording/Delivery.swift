package import RegistryModel

/// One decoded body on its way into the ledger.
package struct Delivery: Sendable {
    package var registry: RegistryRow
    package var source: AccessSource
    package var body: DecodedBody
    package var receivedAt: Timestamp

    package init(
        registry: RegistryRow,
        source: AccessSource,
        body: DecodedBody,
        receivedAt: Timestamp
    ) {
        self.registry = registry
        self.source = source
        self.body = body
        self.receivedAt = receivedAt
    }
}

/// A registry's row in the ledger.
package struct RegistryRow: Sendable, Hashable {
    package var id: Int64
    package var name: String

    package init(id: Int64, name: String) {
        self.id = id
        self.name = name
    }
}

/// What one transaction changed, for those who act on it.
package struct RecordedBatch: Sendable, Equatable {
    /// A repository in which something changed that a trigger may measure.
    package struct Touched: Sendable, Hashable {
        package var registryId: Int64
        package var repositoryId: Int64

        package init(registryId: Int64, repositoryId: Int64) {
            self.registryId = registryId
            self.repositoryId = repositoryId
        }
    }

    /// A tag that somebody else pushed, or a tag or manifest that our own request deleted.
    package struct Change: Sendable, Hashable {
        package var repositoryId: Int64
        package var repository: RepositoryName
        package var tag: TagName?
        package var digest: Digest?
        package var time: Timestamp
    }

    /// In the order of the deliveries.
    package var answers: [DeliveryAnswer] = []
    package var touched: Set<Touched> = []
    /// Registries that now hold manifests whose content is not known.
    package var unread: Set<Int64> = []
    package var pushes: [Change] = []
    package var ownDeletes: [Change] = []
    /// Hearsay that only the registry can prove; it is not recorded.
    package var unproven: [Unproven] = []

    package init() {}
}

/// An access that was heard of, and is not believed yet.
package struct Unproven: Sendable, Equatable {
    package var registry: RegistryRow
    package var source: AccessSource
    package var access: Access

    package init(registry: RegistryRow, source: AccessSource, access: Access) {
        self.registry = registry
        self.source = source
        self.access = access
    }
}
