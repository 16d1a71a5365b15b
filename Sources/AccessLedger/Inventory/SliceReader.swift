import GRDB
import RegistryModel

/// What deciding about a repository's images needs to know of its policy.
package struct SliceRule: Sendable, Equatable {
    /// The first hour that counts for tags; nil where no rule asks.
    package var tagWindow: Int64?
    /// The first hour that counts for untagged manifests.
    package var untaggedWindow: Int64?
    /// How many newer tags are worth counting.
    package var newest: Int
    /// How far versions are worth ranking; nil for not at all.
    package var versions: Versions?
    /// Whether labels matter.
    package var needsLabels: Bool

    /// How many newer majors, and minors of one major, are worth counting; nil for none.
    package struct Versions: Sendable, Equatable {
        package var majors: Int?
        package var minors: Int?

        package init(majors: Int?, minors: Int?) {
            self.majors = majors
            self.minors = minors
        }
    }

    package init(
        tagWindow: Int64?,
        untaggedWindow: Int64?,
        newest: Int,
        versions: Versions? = nil,
        needsLabels: Bool = false
    ) {
        self.tagWindow = tagWindow
        self.untaggedWindow = untaggedWindow
        self.newest = newest
        self.versions = versions
        self.needsLabels = needsLabels
    }
}

/// Gathers the facts of candidates and of everything their removal touches.
///
/// Closed downwards: children, referrers, their tags and so on are in the slice with all their
/// facts; parents and subjects, which a removal never takes along, are named by row only, unless
/// they are asked for by `addWithHolders`.
struct SliceReader {
    let db: Database
    let rule: (RepositoryFacts) -> SliceRule
    var slice = InventorySlice()
    private var rules: [Int64: SliceRule] = [:]
    private var unknownTags: [Int64: [Int64]] = [:]
    var counts: [Int64: WindowCounts] = [:]
    /// What is not yet in the tables; read when the first row is counted.
    var journal: JournalSums?

    struct WindowCounts {
        var inTagWindow = AccessCounts()
        var inUntaggedWindow = AccessCounts()
        var inHistory = AccessCounts()
        var lastAt: Int64 = 0

        mutating func add(_ counts: AccessCounts, in hour: Int64, _ rule: SliceRule) {
            inHistory = inHistory + counts
            if let first = rule.tagWindow, hour >= first { inTagWindow = inTagWindow + counts }
            if let first = rule.untaggedWindow, hour >= first {
                inUntaggedWindow = inUntaggedWindow + counts
            }
        }
    }

    init(db: Database, rule: @escaping (RepositoryFacts) -> SliceRule) {
        self.db = db
        self.rule = rule
    }

    mutating func add(_ candidate: InventorySlice.Candidate) throws {
        switch candidate {
        case .tag(let id): try addTag(id)
        case .untagged(let id, _): try addManifest(id)
        }
        slice.candidates.append(candidate)
    }

    // MARK: Tags

    mutating func addTag(_ id: Int64) throws {
        guard slice.tags[id] == nil else { return }
        let row = try db.row(
            """
            SELECT repositoryId, name, manifestId, pushedAt, firstSeen, lastAccess, pushRank,
                isReferrer, isLocked, toldAt, toldPullAt
            FROM tag WHERE id = ? AND goneAt IS NULL
            """,
            [id]
        )
        guard let row, let name = TagName(row[1] as String) else { return }
        let repositoryId: Int64 = row[0]
        guard let rule = try ruleOf(repositoryId) else { return }
        var tag = TagFacts(
            id: id,
            repository: repositoryId,
            name: name,
            firstSeen: Timestamp(milliseconds: row[4])
        )
        tag.manifest = row[2]
        tag.pushedAt = (row[3] as Int64?).map(Timestamp.init(milliseconds:))
        let own = try hours(of: CountedRow(kind: .tag, id: id), rule)
        tag.lastAccess = Self.access(max(row[5], own.lastAt))
        tag.inWindow = own.inTagWindow
        tag.inHistory = own.inHistory
        tag.isLocked = row[8]
        if let toldAt: Int64 = row[9] {
            let lastPull = (row[10] as Int64?).map(Timestamp.init(milliseconds:))
            tag.told = ToldFacts(at: Timestamp(milliseconds: toldAt), lastPull: lastPull)
        }
        if rule.newest > 0, !(row[7] as Bool) {
            tag.newerTags = try newerTags(than: row[6], in: repositoryId, upTo: rule.newest)
        }
        if let versions = rule.versions {
            tag.version = try standing(of: name, in: repositoryId, versions)
        }
        if let subject = name.subject {
            tag.subject = try presentManifest(subject.description, in: repositoryId)
            tag.holders = try parents(of: subject, in: repositoryId)
            tag.mayBelongToUnknown = try hasUnknownTags(repositoryId, besides: id)
        }
        slice.tags[id] = tag
        if let manifest = tag.manifest { try addManifest(manifest) }
    }

    /// Whether a repository has tags of which it is not known what they point to.
    private mutating func hasUnknownTags(_ repositoryId: Int64, besides id: Int64) throws -> Bool {
        let known = try unknownTags[repositoryId] ?? unknownTags(of: repositoryId)
        unknownTags[repositoryId] = known
        return known.contains { $0 != id }
    }

    /// Two of them are enough to know of one besides any other.
    private func unknownTags(of repositoryId: Int64) throws -> [Int64] {
        try db.numbers(
            """
            SELECT id FROM tag
            WHERE repositoryId = ? AND manifestId IS NULL AND goneAt IS NULL LIMIT 2
            """,
            [repositoryId]
        )
    }

    private func newerTags(than rank: Int64, in repositoryId: Int64, upTo limit: Int) throws -> Int
    {
        Int(
            try db.number(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM tag
                    WHERE repositoryId = ? AND goneAt IS NULL AND isReferrer = 0 AND pushRank > ?
                    LIMIT ?
                )
                """,
                [repositoryId, rank, limit]
            ) ?? 0
        )
    }

    // MARK: Manifests

    mutating func addManifest(_ id: Int64) throws {
        guard slice.manifests[id] == nil else { return }
        let row = try db.row(
            """
            SELECT repositoryId, digest, reading, pushedAt, firstSeen, untaggedSince, lastAccess,
                subject, isLocked
            FROM manifest WHERE id = ? AND goneAt IS NULL
            """,
            [id]
        )
        guard let row, let digest = Digest(row[1] as String) else { return }
        let repositoryId: Int64 = row[0]
        guard let rule = try ruleOf(repositoryId) else { return }
        var manifest = ManifestFacts(
            id: id,
            digest: digest,
            firstSeen: Timestamp(milliseconds: row[4])
        )
        manifest.reading = ManifestFacts.Reading(rawValue: row[2]) ?? .unreadable
        manifest.pushedAt = (row[3] as Int64?).map(Timestamp.init(milliseconds:))
        manifest.untaggedSince = (row[5] as Int64?).map(Timestamp.init(milliseconds:))
        manifest.isLocked = row[8]
        manifest.blobs = try blobs(of: id)
        manifest.tags = try db.numbers(
            "SELECT id FROM tag WHERE manifestId = ? AND goneAt IS NULL ORDER BY id",
            [id]
        )
        manifest.parents = try parents(of: digest, in: repositoryId)
        manifest.children = try children(of: id)
        if let subject: String = row[7] {
            manifest.subject = try presentManifest(subject, in: repositoryId)
        }
        manifest.referrers = try db.numbers(
            """
            SELECT id FROM manifest
            WHERE repositoryId = ? AND subject = ? AND goneAt IS NULL ORDER BY id
            """,
            [repositoryId, digest.description]
        )
        manifest.referrerTags = try referrerTags(of: digest, in: repositoryId)
        if rule.needsLabels { manifest.labels = try labels(of: id) }
        let counts = try windowCounts(of: id, rule)
        manifest.inWindow = manifest.tags.isEmpty ? counts.inUntaggedWindow : counts.inTagWindow
        manifest.inHistory = counts.inHistory
        manifest.lastAccess = Self.access(max(row[6], counts.lastAt))
        slice.manifests[id] = manifest
        for child in manifest.children { try addManifest(child) }
        for referrer in manifest.referrers { try addManifest(referrer) }
        for tag in manifest.referrerTags { try addTag(tag) }
    }

    func blobs(of id: Int64) throws -> [BlobFacts] {
        try db.rows(
            """
            SELECT b.id, b.size, b.uses FROM manifestBlob AS mb JOIN blob AS b ON b.id = mb.blobId
            WHERE mb.manifestId = ? ORDER BY b.id
            """,
            [id]
        ).map { BlobFacts(id: $0[0], size: $0[1], references: $0[2]) }
    }

    private func parents(of digest: Digest, in repositoryId: Int64) throws -> [Int64] {
        try db.numbers(
            """
            SELECT p.id FROM manifestChild AS c JOIN manifest AS p ON p.id = c.parentId
            WHERE c.repositoryId = ? AND c.digest = ? AND p.goneAt IS NULL ORDER BY p.id
            """,
            [repositoryId, digest.description]
        )
    }

    func children(of id: Int64) throws -> [Int64] {
        try db.numbers(
            """
            SELECT m.id FROM manifestChild AS c
            JOIN manifest AS m ON m.repositoryId = c.repositoryId AND m.digest = c.digest
            WHERE c.parentId = ? AND m.goneAt IS NULL ORDER BY m.id
            """,
            [id]
        )
    }

    private func referrerTags(of digest: Digest, in repositoryId: Int64) throws -> [Int64] {
        let stem = "\(digest.algorithm)-\(digest.encoded.prefix(64))"
        return try db.numbers(
            """
            SELECT id FROM tag
            WHERE repositoryId = ?1 AND goneAt IS NULL AND isReferrer = 1
                AND name IN (?2, ?2 || '.sig', ?2 || '.att', ?2 || '.sbom')
            ORDER BY id
            """,
            [repositoryId, stem]
        )
    }

    func presentManifest(_ digest: String, in repositoryId: Int64) throws -> Int64? {
        try db.number(
            "SELECT id FROM manifest WHERE repositoryId = ? AND digest = ? AND goneAt IS NULL",
            [repositoryId, digest]
        )
    }

    private mutating func ruleOf(_ repositoryId: Int64) throws -> SliceRule? {
        if let known = rules[repositoryId] { return known }
        guard let facts = try Ledger.repositoryFacts(db, repositoryId) else { return nil }
        slice.repositories[repositoryId] = facts
        let found = rule(facts)
        rules[repositoryId] = found
        return found
    }

    private static func access(_ milliseconds: Int64) -> Timestamp? {
        milliseconds > 0 ? Timestamp(milliseconds: milliseconds) : nil
    }
}
