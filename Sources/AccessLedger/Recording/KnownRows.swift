import RegistryModel

/// A manifest's or tag's row in memory, with what is to be added to it.
///
/// A reference, so that it is looked up once for a use.
final class KnownRow {
    let row: CountedRow
    /// Exact, which the row itself is not.
    var lastAccess: Int64
    /// The last access that the row itself says, or will say once the journal is carried over.
    var stored: Int64
    /// The manifest that a tag points to.
    let target: Int64?
    let isPresent: Bool
    /// What a tag pointed to, in the order of time, once somebody asked for it.
    var moves: [TagMove]?
    /// What is to be added, by hour: mostly there is one.
    private(set) var counts: [(hour: CountedHour, counts: AccessCounts)] = []
    var isLowered = false
    var isDirty = false

    /// `lastAccess` is what the row itself says, `exact` what its hours say, where it has any.
    init(
        _ row: CountedRow,
        lastAccess: Int64,
        exactly exact: Int64?,
        target: Int64? = nil,
        isPresent: Bool
    ) {
        self.row = row
        self.lastAccess = max(lastAccess, exact ?? 0)
        stored = lastAccess
        self.target = target
        self.isPresent = isPresent
    }

    /// Counts uses, or takes some back.
    func add(_ accessClass: AccessClass, _ count: Int, in hour: CountedHour) {
        let index = counts.lastIndex { $0.hour == hour } ?? counts.count
        if index == counts.count { counts.append((hour, AccessCounts())) }
        counts[index].counts.add(accessClass, count)
    }

    func forgetCounts() { counts.removeAll() }

    /// Whether the row's own last access lags too far behind.
    var isStale: Bool { lastAccess - stored >= Self.lag }

    /// Milliseconds: what was used within the same minute may be found in any order.
    static let lag: Int64 = 60_000
}

/// What earlier commits have read, which the next one need not read again.
///
/// Unchecked: it is handed from one of the ledger's write transactions to the next, which are serial.
final class KnownRows: @unchecked Sendable {
    private var repositories: [RepositoryKey: Int64] = [:]
    private var manifests: [ManifestKey: KnownRow] = [:]
    private var tags: [TagKey: KnownRow] = [:]
    // What was found last: of one access each is asked for several times.
    private var latestRepository: (key: RepositoryKey, id: Int64)?
    private var latestManifest: (key: ManifestKey, row: KnownRow)?
    private var latestTag: (key: TagKey, row: KnownRow)?
    /// The keys in the journal, once it is known what the journal holds.
    var recent = RecentKeys()
    /// The records that were imported; imports are other processes' writes, which end this.
    var imported = ImportedKeys()
    var knowsJournal = false
    /// By registry, whether an absence of ours was open.
    var awaitsDelivery: [Int64: Bool] = [:]

    func repository(_ key: RepositoryKey) -> Int64? {
        if let latestRepository, latestRepository.key == key { return latestRepository.id }
        guard let id = repositories[key] else { return nil }
        latestRepository = (key, id)
        return id
    }

    func manifest(_ key: ManifestKey) -> KnownRow? {
        if let latestManifest, latestManifest.key == key { return latestManifest.row }
        guard let row = manifests[key] else { return nil }
        latestManifest = (key, row)
        return row
    }

    func tag(_ key: TagKey) -> KnownRow? {
        if let latestTag, latestTag.key == key { return latestTag.row }
        guard let row = tags[key] else { return nil }
        latestTag = (key, row)
        return row
    }

    func know(_ id: Int64, as key: RepositoryKey) { repositories[key] = id }

    func know(_ row: KnownRow, as key: ManifestKey) {
        manifests[key] = row
        latestManifest = nil
    }

    func know(_ row: KnownRow, as key: TagKey) {
        tags[key] = row
        latestTag = nil
    }

    func forget(_ key: ManifestKey) {
        manifests[key] = nil
        latestManifest = nil
    }

    func forget(_ key: TagKey) {
        tags[key] = nil
        latestTag = nil
    }

    /// Keeps it small: what is in use comes back at once.
    ///
    /// Call it only when the journal was carried over, or what comes back lacks what that holds.
    func bound() {
        if repositories.count > Self.most {
            repositories = [:]
            latestRepository = nil
        }
        if manifests.count > Self.most {
            manifests = [:]
            latestManifest = nil
        }
        if tags.count > Self.most {
            tags = [:]
            latestTag = nil
        }
    }

    func forgetUses() {
        manifests.removeAll()
        tags.removeAll()
        latestManifest = nil
        latestTag = nil
    }

    /// About 4 MB; a busy registry pulls fewer different images in a minute.
    private static let most = 8_192
}
