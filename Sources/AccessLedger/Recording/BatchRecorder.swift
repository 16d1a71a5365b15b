import GRDB
import RegistryModel

/// Records deliveries inside one transaction: dedupe, facts, counts.
///
/// A few accesses go to the journal as they are. Of many, counts and last accesses are gathered in
/// memory and written once per manifest and hour, so a thousand pulls of one image cost one row.
struct BatchRecorder {
    let db: Database
    let recentReads: RecentReads
    let freshNames: FreshNames
    let ignoreList: AccessIgnoreList
    var outcome = RecordedBatch()
    /// Rows of earlier commits, and of this one.
    let known: KnownRows
    /// What goes to the journal; nil when it is written to where it is counted.
    var page: JournalPage?
    /// Adds a key; looked up once for many.
    private var seenInsertion: Statement?
    /// Rows with gathered uses.
    var dirty: [KnownRow] = []
    /// Whether others changed rows in this transaction, so that what is known may be wrong after it.
    var isUnsettled = false
    var processes: [Process: ProcessNews] = [:]
    /// The process that was heard last, and is not among `processes` yet: it mostly is the next, too.
    var latest: (process: Process, news: ProcessNews)?
    var offsets: [Process: ClockOffset] = [:]
    /// The offset that was asked for last: it mostly is the next, too.
    var latestOffset: (process: Process, offset: ClockOffset)?
    var returnedProbes: Set<Source> = []
    /// Reads by clients, by the rule that ignored them.
    var reads: [Reads: Int] = [:]
    /// What was heard of each source.
    var heard: [Source: Heard] = [:]

    /// One way in which a registry is heard.
    struct Source: Hashable {
        var registryId: Int64
        /// As `AccessSource` numbers it.
        var kind: Int

        init(of delivery: Delivery) {
            registryId = delivery.registry.id
            kind = delivery.source.rawValue
        }
    }

    /// A registry's process as one source reports it; `name` is empty where it gives none.
    struct Process: Hashable {
        var source: Source
        var name: String
    }

    /// What one source brought.
    struct Heard {
        var answer = DeliveryAnswer()
        /// The accepted ones by their class.
        var accepted = AccessCounts()
        var deletes = 0
        var lastAt: Int64 = 0
    }

    struct ProcessNews {
        var firstStamp: Int64
        var lastStamp: Int64
        var receivedAt: Int64
    }

    init(
        db: Database,
        recentReads: RecentReads,
        freshNames: FreshNames,
        ignoreList: AccessIgnoreList,
        known: KnownRows,
        usesJournal: Bool
    ) {
        self.db = db
        self.recentReads = recentReads
        self.freshNames = freshNames
        self.ignoreList = ignoreList
        self.known = known
        page = usesJournal ? JournalPage() : nil
    }

    mutating func record(_ delivery: Delivery) throws {
        var heard = Heard()
        heard.answer.ignored = delivery.body.ignored
        heard.answer.rejected = delivery.body.rejected
        for (name, stamp) in delivery.body.instances {
            let reading = try reading(of: stamp, by: name, of: delivery)
            hear(delivery, process: name, at: reading.early)
        }
        for access in delivery.body.accesses {
            switch try record(access, of: delivery) {
            case .accepted: heard.accept(access.class)
            case .duplicate: heard.answer.duplicates += 1
            case .ignored: heard.answer.ignored += 1
            case .unproven: break
            }
        }
        for miss in delivery.body.misses { try record(miss, of: delivery) }
        try recordNames(delivery)
        for rejection in delivery.body.rejections { try reject(rejection, of: delivery) }
        if let reason = delivery.body.loss { try lose(reason, of: delivery) }
        if let socket = delivery.body.socket { try note(socket, of: delivery) }
        count(heard, of: delivery)
        if let sender = delivery.body.sender { try note(sender, of: delivery) }
        if let position = delivery.position {
            try LogPositions(db: db)
                .save(position, of: delivery.registry.id, at: delivery.receivedAt)
        }
        outcome.answers.append(heard.answer)
    }

    private enum Fate {
        case accepted
        case duplicate
        case ignored
        case unproven
    }

    private mutating func record(_ access: Access, of delivery: Delivery) throws -> Fate {
        if delivery.body.isHearsay, !OwnUserAgent.matches(access.userAgent) {
            guard try isCredible(access, of: delivery) else {
                // Whose reads don't count is not worth a question to the registry.
                if let rule = ignoreList.rule(for: access) {
                    count(access, ignoredBy: rule, of: delivery)
                    return .ignored
                }
                outcome.unproven.append(
                    Unproven(
                        registry: delivery.registry,
                        source: delivery.source,
                        access: access
                    )
                )
                return .unproven
            }
        }
        guard try isNew(access, of: delivery) else { return .duplicate }
        let process = access.instance ?? ""
        let time = try reading(of: access.time, by: process, of: delivery)
        if access.instance != nil || delivery.source == .log {
            hear(delivery, process: process, at: time.early)
        }
        if OwnUserAgent.matches(access.userAgent) {
            try recordOwn(access, at: time.late, of: delivery)
            return .ignored
        }
        let rule = ignoreList.rule(for: access)
        let isIgnored = rule != nil
        count(access, ignoredBy: rule, of: delivery)
        let repositoryId = try repository(access.repository, of: delivery)
        switch access.class {
        case .delete:
            // What was there later than that stays.
            try recordDelete(access, at: time.early, repositoryId, of: delivery)
        case .push:
            try recordPush(access, at: time.late, repositoryId, of: delivery, counts: !isIgnored)
        case .pull, .resolve:
            try recordRead(access, at: time.late, repositoryId, of: delivery, counts: !isIgnored)
        }
        return isIgnored && (access.class == .pull || access.class == .resolve)
            ? .ignored : .accepted
    }

    // MARK: Once only

    mutating func isNew(_ access: Access, of delivery: Delivery) throws -> Bool {
        let key = SeenKey(access, of: delivery.registry.id)
        if page == nil {
            let insertion = try seenInsertion ?? SeenKey.insertion(db)
            seenInsertion = insertion
            try insertion.execute(words: key.words)
            guard db.changesCount > 0 else { return false }
        } else {
            guard try known.recent.insert(key, db) else { return false }
            page?.append(key)
        }
        guard delivery.source == .log else { return true }
        return try !known.imported.contains(access, of: delivery.registry.id, db)
    }

    // MARK: Rows

    mutating func repository(_ name: RepositoryName, of delivery: Delivery) throws -> Int64 {
        let key = RepositoryKey(registryId: delivery.registry.id, name: name)
        if let id = known.repository(key) { return id }
        let id = try writer(delivery).repository(name)
        known.know(id, as: key)
        return id
    }

    func writer(_ delivery: Delivery) -> InventoryWriter {
        InventoryWriter(db: db, registryId: delivery.registry.id, now: delivery.receivedAt)
    }
}
