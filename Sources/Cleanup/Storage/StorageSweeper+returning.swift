import AccessLedger
import Logging
import RegistryModel
import RegistryStorage

// How items of a run come back: their files first, then the links that the registry has dropped.
extension StorageSweeper {
    /// Items of a run whose files are back, as far as they can be, and whose links are still to be
    /// written.
    struct Returning: Sendable {
        var run: RunName
        var items: [ReturnedItem]
        var contents: Contents
    }

    /// Brings items of a run back to where they were, with the links that the registry dropped.
    ///
    /// Without `former` nobody else may be at work: what is not there then is lost.
    @discardableResult
    func bringBack(
        _ items: [StorageItem],
        of run: RunName,
        _ root: StorageRoot,
        because reason: String,
        from former: RunItem.State? = nil
    ) async throws -> [ReturnedItem] {
        guard !items.isEmpty else { return [] }
        let returning = try await putBack(items, of: run, root)
        return try await link(returning, root, because: reason, from: former)
    }

    func putBack(
        _ items: [StorageItem],
        of run: RunName,
        _ root: StorageRoot
    ) async throws -> Returning {
        let contents = try await Self.contents(run, root)
        let quarantine = Quarantine(root: root)
        let returned = try await offPool {
            try items.map { item in
                let files = contents.files(of: item).map(\.path)
                return ReturnedItem(item, try quarantine.putBack(files, of: run))
            }
        }
        return Returning(run: run, items: returned, contents: contents)
    }

    /// Writes the links anew that the registry dropped, and notes what is back and what is not.
    ///
    /// What a link leads to may have been taken by another run: its files have to be back by then.
    func link(
        _ returning: Returning,
        _ root: StorageRoot,
        because reason: String,
        from former: RunItem.State?
    ) async throws -> [ReturnedItem] {
        let quarantine = Quarantine(root: root)
        let returned = try await offPool {
            try returning.items.map { returned in
                guard returned.isBack else { return returned }
                var returned = returned
                let item = returned.item
                // A link to what a purge has just deleted would be believed.
                if try item.digest.map({ try root.facts(.blobData($0)) != nil }) ?? true {
                    for link in returning.contents.droppedLinks(of: item) {
                        try quarantine.restoreLink(link)
                    }
                }
                if try !item.isInPlace(in: root) { returned.outcome = .lost }
                return returned
            }
        }
        try await note(returned, of: returning.run, because: reason, from: former)
        try await tidy(returning.run, root)
        return returned
    }

    private func note(
        _ returned: [ReturnedItem],
        of run: RunName,
        because reason: String,
        from former: RunItem.State?
    ) async throws {
        let back = returned.filter(\.isBack)
        try await ledger.set(
            .skipped,
            ofStorageItems: back.map(\.item.ordinal),
            in: run,
            detail: "brought back: \(reason)",
            from: former,
            at: now()
        )
        for returned in returned {
            guard returned.obstacle != nil else { continue }
            try await ledger.set(
                .quarantined,
                ofStorageItems: [returned.item.ordinal],
                in: run,
                detail: returned.detail,
                from: former,
                at: now()
            )
        }
        if former == nil {
            try await ledger.set(
                .failed,
                ofStorageItems: returned.filter { $0.outcome == .lost }.map(\.item.ordinal),
                in: run,
                detail: ReturnedItem.lost,
                at: now()
            )
        }
        say(returned, of: run, because: reason)
    }

    /// Writes to the log what came back, and loudly what did not.
    func say(_ returned: [ReturnedItem], of run: RunName, because reason: String) {
        let back = returned.count(where: \.isBack)
        if back > 0 {
            logger.notice(
                "brought back from quarantine",
                metadata: ["run": "\(run)", "items": "\(back)", "reason": "\(reason)"]
            )
        }
        // What was said before is known.
        for returned in returned where returned.item.detail != returned.detail {
            let problem: String
            switch returned.outcome {
            case .back: continue
            case .mended:
                logger.warning(
                    "replaced a damaged file by the good copy in quarantine",
                    metadata: ["run": "\(run)", "item": "\(returned.item.identity)"]
                )
                continue
            case .stays(let obstacle): problem = "\(obstacle)"
            case .lost: problem = ReturnedItem.lost
            }
            logger.warning(
                "could not be brought back from quarantine",
                metadata: [
                    "run": "\(run)", "item": "\(returned.item.identity)",
                    "reason": "\(problem)",
                ]
            )
        }
    }
}

// MARK: During a sweep

extension StorageSweeper {
    /// Puts back what was taken, and says what of it is back.
    ///
    /// The rest stays in quarantine, for what is in its place by now.
    func putBack(
        _ ordinals: Set<Int>,
        _ draft: Draft,
        because reason: String
    ) async throws -> Set<Int> {
        guard !ordinals.isEmpty else { return [] }
        let quarantine = Quarantine(root: draft.root)
        let run = draft.run.name
        let removals = ordinals.sorted().map { (ordinal: $0, taking: draft.removals[$0]) }
        let items = draft.run.storage
        let returned = try await offPool {
            try removals.map { ordinal, taking in
                let files = taking.files + taking.links.map(\.path)
                let returned = ReturnedItem(
                    items[ordinal],
                    try quarantine.putBack(files, of: run)
                )
                if returned.isBack {
                    for link in taking.links { try quarantine.restoreLink(link.path) }
                }
                return (ordinal: ordinal, returned: returned)
            }
        }
        let back = Set(returned.filter(\.returned.isBack).map(\.ordinal))
        try await ledger.set(
            .skipped,
            ofStorageItems: back.sorted(),
            in: run,
            detail: reason,
            at: now()
        )
        for (ordinal, returned) in returned {
            guard returned.obstacle != nil else { continue }
            try await ledger.set(
                .quarantined,
                ofStorageItems: [ordinal],
                in: run,
                detail: returned.detail,
                at: now()
            )
        }
        say(returned.map(\.returned), of: run, because: reason)
        return back
    }
}

extension ReturnedItem {
    /// What the ledger says of one that stays in quarantine.
    var detail: String? { obstacle.map { "not brought back: \($0)" } }

    /// Of what is lost, for people.
    static let lost = "it is neither in quarantine nor in its place; push it again"
}
