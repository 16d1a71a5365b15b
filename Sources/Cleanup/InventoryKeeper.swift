package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel
import RegistryStorage
package import RetentionPlanning

/// Keeps the ledger's inventory of a registry true: lists it, and reads new manifests.
package struct InventoryKeeper: Sendable {
    let ledger: Ledger
    /// Which labels are asked for.
    let policies: [Policy]
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        policies: [Policy] = [],
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.policies = policies
        self.logger = logger
        self.now = now
    }

    /// Lists the whole registry and reads what is new in it.
    ///
    /// A repository that cannot be listed to its end stays as it was known, and nothing goes from
    /// it until it can. A registry that is down, or lets us list nothing, ends it at once.
    ///
    /// - Returns: The repositories that could not be listed.
    @discardableResult
    package func list(_ target: CleanupTarget) async throws -> [RepositoryName] {
        try await ledger.retryUnreadable(of: target.row)
        try await ledger.retryLabels(of: target.row)
        let names = try await repositories(of: target)
        var pass = ListingPass(keeper: self, target: target)
        for name in names { try await pass.list(name) }
        let listed = Set(names)
        for known in try await ledger.repositories(of: target.row)
        where (known.tags > 0 || known.unlisted != nil) && !listed.contains(known.name) {
            try await pass.list(known.name)
        }
        if pass.listed == 0, let failure = pass.first { throw failure }
        try await readNew(of: target)
        try await ledger.listed(target.row, at: now())
        return pass.left
    }

    /// Lists some repositories that could not be listed before, and reads what is new.
    ///
    /// - Returns: Those that still could not.
    package func listAgain(
        _ names: [RepositoryName],
        of target: CleanupTarget
    ) async throws -> [RepositoryName] {
        var pass = ListingPass(keeper: self, target: target)
        for name in names { try await pass.list(name) }
        if pass.listed > 0 { try await readNew(of: target) }
        return pass.left
    }

    /// Lists the tags of one repository.
    package func list(_ name: RepositoryName, of target: CleanupTarget) async throws {
        try await takeOver(name, of: target)
        try await ledger.listed(name, of: target.row)
    }

    private func takeOver(_ name: RepositoryName, of target: CleanupTarget) async throws {
        let began = now()
        if let telling = target.reader as? any TellingRegistry {
            let count = try await list(name, of: target, telling, began)
            return FreedMemory.giveBack(after: count)
        }
        let names = try await target.reader.tags(of: name)
        let client = target.reader
        let found = try await inParallel(names, width: Self.width) { tag in
            try await Self.digest(of: tag, in: name, client).map { (name: tag, digest: $0) }
        }
        try await ledger.list(
            name,
            of: target.row,
            tags: found.compactMap(\.self),
            began: began,
            now: now()
        )
        guard let storage = target.reader as? StorageClient else { return }
        let revisions = try await storage.revisions(of: name)
        try await ledger.list(
            name,
            of: target.row,
            manifests: revisions.map { (digest: $0.digest, since: $0.modified) },
            began: began,
            now: now()
        )
    }

    /// - Returns: how much was listed.
    private func list(
        _ name: RepositoryName,
        of target: CleanupTarget,
        _ telling: any TellingRegistry,
        _ began: Timestamp
    ) async throws -> Int {
        let listing = try await telling.listing(of: name)
        if !listing.isWhole {
            logger.notice(
                "tags came or went while they were listed; none is taken for gone",
                metadata: ["registry": "\(target.row.name)", "repository": "\(name)"]
            )
        }
        try await ledger.list(name, of: target.row, listing, began: began, now: now())
        return listing.tags.count + listing.manifests.count
    }

    private static func digest(
        of tag: TagName,
        in repository: RepositoryName,
        _ client: any RegistryClient
    ) async throws -> Digest? {
        do {
            let answer = try await client.head(repository, .tag(tag))
            if let digest = answer.digest { return digest }
            return try await client.manifest(repository, .tag(tag)).digest
        } catch let error where error.kind == .notFound {
            return nil
        }
    }

    private func repositories(of target: CleanupTarget) async throws -> [RepositoryName] {
        if let fixed = target.repositories { return fixed }
        let gathered = Gathered()
        do {
            try await target.reader.forEachRepositoryPage { await gathered.add($0) }
            return await gathered.names
        } catch let error as RegistryError where Self.hasNoCatalog(error) {
            return try await heardOf(target, error)
        }
    }

    /// Whether a registry has no catalog, or none for us.
    private static func hasNoCatalog(_ error: RegistryError) -> Bool {
        switch error.kind {
        case .unauthorized, .forbidden, .notFound, .unsupported: true
        default: false
        }
    }

    /// The repositories that events or earlier listings have named.
    private func heardOf(
        _ target: CleanupTarget,
        _ error: RegistryError
    ) async throws -> [RepositoryName] {
        let known = try await ledger.repositories(of: target.row).map(\.name)
        guard known.isEmpty else { return known }
        // A wrong password is no closed catalog, and needs other advice.
        try await target.reader.ping()
        var error = error
        let advice =
            "the registry keeps its catalog to itself; name its `repositories` in the settings"
        error.detail = error.detail.map { "\($0); \(advice)" } ?? advice
        throw error
    }

    private actor Gathered {
        var names: [RepositoryName] = []

        func add(_ page: [RepositoryName]) { names += page }
    }

    /// Reads every manifest whose content is not known, but for those that can't be had now, and
    /// the labels that policies ask for.
    package func readNew(
        of target: CleanupTarget,
        in repositoryId: Int64? = nil
    ) async throws {
        try await readContents(of: target, in: repositoryId)
        try await readLabels(of: target, in: repositoryId)
    }

    private func readContents(
        of target: CleanupTarget,
        in repositoryId: Int64?
    ) async throws {
        var last: UnreadManifest?
        var hasRead = false
        while true {
            let unread = try await ledger.unreadManifests(
                of: target.row,
                in: repositoryId,
                after: last,
                limit: Self.batch
            )
            if unread.isEmpty {
                // What was read may have named more; without news another pass finds the same.
                guard hasRead else { return }
                hasRead = false
            }
            last = unread.last
            if try await read(unread, of: target) { hasRead = true }
        }
    }

    /// Reads some manifests; true when anything came to be known.
    private func read(_ unread: [UnreadManifest], of target: CleanupTarget) async throws -> Bool {
        let results = try await inParallel(unread, width: Self.width) { manifest in
            await read(manifest, of: target)
        }
        var contents: [(id: Int64, content: ManifestContent, size: Int64)] = []
        var settled = 0
        for (manifest, result) in zip(unread, results) {
            switch result {
            case .content(let content, let size):
                contents.append((id: manifest.id, content: content, size: size))
            case .gone:
                try await ledger.markGone(manifest: manifest.id, of: target.row, at: now())
                settled += 1
            case .unreadable:
                try await ledger.markUnreadable(manifest.id, of: target.row)
                settled += 1
            case .blob(let holders):
                try await ledger.takeAsBlob(manifest, of: holders, in: target.row, at: now())
                settled += 1
            case .later: continue
            }
        }
        try await ledger.store(contents, of: target.row, at: now())
        return settled + contents.count > 0
    }

    private enum Reading: Sendable {
        case content(ManifestContent, Int64)
        case gone
        case unreadable
        /// It is no manifest, as the indexes say that hold it.
        case blob([(id: Int64, content: ManifestContent)])
        /// The registry did not answer; it stays unread, and its repository is left alone.
        case later
    }

    private func read(_ manifest: UnreadManifest, of target: CleanupTarget) async -> Reading {
        do {
            let fetched = try await target.reader.manifest(
                manifest.repository,
                .digest(manifest.digest)
            )
            let content = try ManifestContent(parsing: fetched.bytes, mediaType: fetched.mediaType)
            return .content(content, Int64(fetched.bytes.count))
        } catch let error as RegistryError {
            if error.kind == .notFound { return .gone }
            if let holders = await blobHolders(of: manifest, target) { return .blob(holders) }
            log(manifest, target, "\(error)")
            return error.kind == .corrupt ? .unreadable : .later
        } catch {
            if let holders = await blobHolders(of: manifest, target) { return .blob(holders) }
            log(manifest, target, "\(error)")
            return .unreadable
        }
    }

    private func log(_ manifest: UnreadManifest, _ target: CleanupTarget, _ reason: String) {
        logger.warning(
            "manifest not read; its repository is left alone",
            metadata: [
                "registry": "\(target.row.name)", "repository": "\(manifest.repository)",
                "digest": "\(manifest.digest)", "reason": "\(reason)",
            ]
        )
    }

    /// Requests at once to one registry: quick enough, and no burden to it.
    static let width = 8
    /// Manifests read between two commits.
    static let batch = 256
}

/// Maps `items` with at most `width` at once; results come in the order of the items.
func inParallel<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    width: Int,
    _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        while next < items.count, next < width {
            let index = next
            group.addTask { (index, try await body(items[index])) }
            next += 1
        }
        while let (index, result) = try await group.next() {
            results[index] = result
            if next < items.count {
                let index = next
                group.addTask { (index, try await body(items[index])) }
                next += 1
            }
        }
        return results.compactMap(\.self)
    }
}
