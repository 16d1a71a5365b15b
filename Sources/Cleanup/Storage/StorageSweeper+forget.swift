import AccessLedger
import Logging
import RegistryClients
import RegistryModel
import RegistryStorage

/// What a registry has to forget of one item.
struct Forgettable: Sendable {
    /// Nil for what no cache remembers: uploads, links of revisions and tags.
    var blob: Digest?
    /// The links that are left for the registry to drop.
    var links: [LayerLink]
    /// Where it was made to drop one before.
    var dropped: [RepositoryName] = []
    /// Whether it is a link alone, to what others need and is there.
    var isShared = false
}

extension StorageSweeper {
    /// Makes the registry drop its links to what was taken, and says which items it is proven to
    /// have forgotten.
    ///
    /// Deleting a link drops the cached descriptor with it; a HEAD then says 404, and a later upload
    /// is written anew (seen on distribution 2.8.2 and 3.1.1). Links and their times are read once
    /// more before, for one that a push has just written is its own. Why that fails is a warning
    /// the first time: later it is known.
    func forget(
        _ removals: [Forgettable],
        _ taken: Set<Int>,
        of run: RunName,
        _ root: StorageRoot,
        _ client: any BlobForgetting,
        isFirst: Bool = true
    ) async throws -> Set<Int> {
        let level: Logger.Level = isFirst ? .warning : .debug
        let quarantine = Quarantine(root: root)
        guard try await takesDeletes(removals, taken, client, of: run, level),
            try await isOfOneStorage(removals, taken, client, root, of: run, level)
        else { return [] }
        let noted = try await offPool { try Self.note(removals, taken.sorted(), quarantine, run) }
        if noted.count < taken.count {
            logger.log(
                level: level,
                "the disk is full: no room to write down links that the registry would drop",
                metadata: ["run": "\(run)", "items": "\(taken.count - noted.count)"]
            )
        }
        FaultPoint.dropping.reach()
        let answers = try await Cleanup.inParallel(noted, width: Self.width) {
            [interruption] ordinal -> (Int, String?) in
            guard !interruption.isRaised else { return (ordinal, RunExecutor.interrupted) }
            let failure = await Self.isForgotten(removals[ordinal], quarantine, run, client)
            FaultPoint.halfForgotten.reach()
            return (ordinal, failure)
        }
        let failures = answers.filter { $0.1 != nil }
        if let (ordinal, failure) = failures.first {
            logger.log(
                level: level,
                "the registry is not proven to have forgotten blobs",
                metadata: [
                    "run": "\(run)", "items": "\(failures.count)",
                    "digest": "\(removals[ordinal].blob?.description ?? "")",
                    "reason": "\(failure ?? "")",
                ]
            )
        }
        return Set(answers.filter { $0.1 == nil }.map(\.0))
    }

    /// Writes down the links that are to be dropped, of as many items as there is room for, and says
    /// of which.
    private static func note(
        _ removals: [Forgettable],
        _ ordinals: [Int],
        _ quarantine: Quarantine,
        _ run: RunName
    ) throws -> [Int] {
        var count = ordinals.count
        while true {
            let links = ordinals.prefix(count).flatMap { removals[$0].links.map(\.path) }
            do {
                try quarantine.willDrop(links.sorted(), for: run)
                return Array(ordinals.prefix(count))
            } catch {
                guard error.kind == .full else { throw error }
                count /= 2
            }
        }
    }

    /// Whether the registry takes deletes at all: said once, and not for every blob.
    private func takesDeletes(
        _ removals: [Forgettable],
        _ taken: Set<Int>,
        _ client: any BlobForgetting,
        of run: RunName,
        _ level: Logger.Level
    ) async throws -> Bool {
        let first = taken.sorted().lazy.compactMap { ordinal in
            removals[ordinal].links.first.map(\.repository)
        }.first
        guard let first, let refusal = await refusal(client, in: first) else { return true }
        logger.log(
            level: level,
            "the registry can't be made to forget",
            metadata: ["run": "\(run)", "reason": "\(refusal)"]
        )
        return false
    }

    /// Whether the registry that answers is the one of this disk: a copy of the disk, or an address
    /// of another registry, must not cost that one its links.
    private func isOfOneStorage(
        _ removals: [Forgettable],
        _ taken: Set<Int>,
        _ client: any BlobForgetting,
        _ root: StorageRoot,
        of run: RunName,
        _ level: Logger.Level
    ) async throws -> Bool {
        let first = taken.sorted().lazy.compactMap { ordinal in
            removals[ordinal].links.first?.repository ?? removals[ordinal].dropped.first
        }.first
        guard let first else { return true }
        let reason: String
        do {
            if try await Token(root: root, repository: first).isSeen(by: client) { return true }
            reason = "it does not see what is written to \(root.path): is that its storage?"
        } catch {
            reason = "\(error)"
        }
        logger.log(
            level: level,
            "the registry can't be made to forget",
            metadata: ["run": "\(run)", "reason": "\(reason)"]
        )
        return false
    }

    /// Asks to drop what no repository has: harmless, and refused where all deletes are.
    private func refusal(
        _ client: any BlobForgetting,
        in repository: RepositoryName
    ) async -> RegistryError? {
        do {
            let random = (0..<4).map { _ in UInt64.random(in: 0...UInt64.max) }
            try await client.dropBlob(repository, Digest(hashing: Array("\(random)".utf8)))
            return nil
        } catch {
            return error.kind == .deletesDisabled ? error : nil
        }
    }

    /// Nil where everything of it is forgotten, else why that is not known.
    ///
    /// What was uploaded again is believed in, and rightly: our copy is of no use to anybody.
    private static func isForgotten(
        _ removal: Forgettable,
        _ quarantine: Quarantine,
        _ run: RunName,
        _ client: any BlobForgetting
    ) async -> String? {
        guard let digest = removal.blob else { return nil }
        guard !removal.links.isEmpty || !removal.dropped.isEmpty else {
            return "no repository links it, so there is none to be asked"
        }
        do {
            if removal.isShared { return try await isUnlinked(removal, quarantine, client) }
            if try await isUploadedAgain(digest, quarantine) { return nil }
            for repository in removal.dropped where try await client.hasBlob(repository, digest) {
                return "\(repository) still claims to have it"
            }
            for link in removal.links {
                // Without a cached descriptor it finds out by itself, and has nothing to drop.
                if try await client.hasBlob(link.repository, digest) {
                    if try await isUploadedAgain(digest, quarantine) { return nil }
                    try await client.dropBlob(link.repository, digest)
                    if try await isUploadedAgain(digest, quarantine) {
                        // The link that we had dropped was that of a push.
                        try await offPool { try quarantine.restoreLink(link.path) }
                        return nil
                    }
                    if try await client.hasBlob(link.repository, digest) {
                        if try await isUploadedAgain(digest, quarantine) { return nil }
                        return "\(link.repository) still claims to have it"
                    }
                }
                _ = try await offPool { try quarantine.take(link, for: run) }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// The same for a link to what others have, too; who links it anew at this moment gets its link
    /// back by the look that follows.
    private static func isUnlinked(
        _ removal: Forgettable,
        _ quarantine: Quarantine,
        _ client: any BlobForgetting
    ) async throws -> String? {
        for link in removal.links {
            let facts = try await offPool { try quarantine.root.facts(link.path) }
            if let facts, facts.modified > link.modified { return nil }
            guard try await client.hasBlob(link.repository, link.digest) else { continue }
            try await client.dropBlob(link.repository, link.digest)
            if try await client.hasBlob(link.repository, link.digest) {
                return "\(link.repository) still claims to have it"
            }
        }
        return nil
    }

    private static func isUploadedAgain(
        _ digest: Digest,
        _ quarantine: Quarantine
    ) async throws -> Bool {
        try await offPool { try quarantine.root.facts(.blobData(digest)) != nil }
    }

    /// Requests at once to one registry.
    private static let width = 8
}
