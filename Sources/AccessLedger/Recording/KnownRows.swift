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
    var counts: [CountedHour: AccessCounts] = [:]
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

    /// Whether the row's own last access lags too far behind.
    var isStale: Bool { lastAccess - stored >= Self.lag }

    /// Milliseconds: what was used within the same minute may be found in any order.
    static let lag: Int64 = 60_000
}

/// What earlier commits have read, which the next one need not read again.
///
/// Unchecked: it is handed from one of the ledger's write transactions to the next, which are serial.
final class KnownRows: @unchecked Sendable {
    var repositories: [RepositoryKey: Int64] = [:]
    var manifests: [ManifestKey: KnownRow] = [:]
    var tags: [TagKey: KnownRow] = [:]
    /// The keys in the journal, once it is known what the journal holds.
    var recent = RecentKeys()
    /// The records that were imported; imports are other processes' writes, which end this.
    var imported = ImportedKeys()
    var knowsJournal = false
    /// By registry, whether an absence of ours was open.
    var awaitsDelivery: [Int64: Bool] = [:]

    /// Keeps it small: what is in use comes back at once.
    ///
    /// Call it only when the journal was carried over, or what comes back lacks what that holds.
    func bound() {
        if repositories.count > Self.most { repositories = [:] }
        if manifests.count > Self.most { manifests = [:] }
        if tags.count > Self.most { tags = [:] }
    }

    func forgetUses() {
        manifests.removeAll()
        tags.removeAll()
    }

    /// About 4 MB; a busy registry pulls fewer different images in a minute.
    private static let most = 8_192
}
