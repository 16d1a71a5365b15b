package import AccessLedger
package import RegistryClients
package import RegistryModel

/// One registry as the cleanup sees it.
package struct CleanupTarget: Sendable {
    package var row: RegistryRow
    package var client: any RegistryClient
    /// Reads by the address that clients use, so that a probe goes the way they go.
    package var probeClient: any RegistryClient
    /// Reads what the registry holds: from its disk, where that is on this machine.
    package var reader: any RegistryClient
    /// Empty where only the registry's disk is known.
    package var url: String
    /// What of the address tells one registry from another.
    package var place: String
    /// The address that clients use.
    package var clientURL: String
    /// The repositories, where the registry's catalog is not to be asked.
    package var repositories: [RepositoryName]?
    package var gapTolerance: Span
    package var probeInterval: Span
    package var inventoryInterval: Span
    /// The filesystem driver's root on this machine.
    package var storage: String?
    /// Nothing younger is swept from the storage.
    package var grace: Span
    /// Between out of sight and off the disk.
    package var quarantine: Span
    /// What restarts the registry after a sweep of its disk; empty for nothing.
    package var afterSweep: [String]
    /// The registry's own collector, run in place of a sweep.
    package var garbageCollect: CollectorCommand?
    /// Whether the address is this machine: a refused connection then proves that nobody can pull.
    package var isLoopback: Bool

    /// Whether bytes can be given back on its disk.
    package var givesBack: Bool { storage != nil || garbageCollect != nil }

    /// What the registry can't do, or does better than others.
    package var traits: RegistryTraits { client.traits }

    package init(
        row: RegistryRow,
        client: any RegistryClient,
        probeClient: any RegistryClient,
        url: String,
        place: String = "",
        clientURL: String? = nil,
        repositories: [RepositoryName]? = nil,
        gapTolerance: Span = .minutes(10),
        probeInterval: Span = .minutes(5),
        inventoryInterval: Span = .hours(6),
        storage: String? = nil,
        grace: Span = .hours(1),
        quarantine: Span = .hours(1),
        afterSweep: [String] = [],
        garbageCollect: CollectorCommand? = nil,
        isLoopback: Bool = false
    ) {
        self.row = row
        self.client = client
        self.probeClient = probeClient
        reader = storage.map { StorageClient(path: $0) } ?? client
        self.url = url
        self.place = place
        self.clientURL = clientURL ?? url
        self.repositories = repositories
        self.gapTolerance = gapTolerance
        self.probeInterval = probeInterval
        self.inventoryInterval = inventoryInterval
        self.storage = storage
        self.grace = grace
        self.quarantine = quarantine
        self.afterSweep = afterSweep
        self.garbageCollect = garbageCollect
        self.isLoopback = isLoopback
    }
}
