import AccessLedger
import RegistryModel
import RegistryStorage

// For a registry that is stopped: nobody else works on the tree.
extension StorageSweeper {
    /// Deletes what is planned, and writes the end down.
    func removeAtOnce(_ draft: Draft, _ target: CleanupTarget) async throws -> RunRecord {
        var run = draft.run
        let name = run.name
        var removed: [(ordinal: Int, reclaimed: Int64)] = []
        var begun = 0
        for (range, removals) in Self.batches(draft.removals) where !interruption.isRaised {
            // What the last batch freed is written down while the next is removed.
            let done = removed
            async let journal: Void = ledger.purged(storageItems: done, in: name, at: now())
            try await offPool { try Self.remove(removals, draft.root) }
            FaultPoint.halfRemoved.reach()
            try await journal
            removed = zip(range, removals).map { (ordinal: $0, reclaimed: $1.bytes) }
            begun = range.upperBound
        }
        try await leave(Array(begun..<draft.removals.count), of: name)
        run.storage = PackedList(
            zip(run.storage, draft.removals).lazy.map { [begun] item, removal in
                var item = item
                let isGone = item.ordinal < begun
                item.state = isGone ? .done : .skipped
                item.reclaimed = isGone ? removal.bytes : 0
                return item
            }
        )
        if case .unproven = draft.way, begun > 0 {
            try await complainOfStaleCache(
                draft,
                target,
                count: begun,
                isNew: true,
                "it was told to go on at once"
            )
        }
        try await removeEmpty(draft.folders, draft.root)
        return try await end(run, of: target, note: run.note, purged: removed)
    }

    /// Tags go before what they point to; their folders, of which nothing depends, beside the rest.
    private static func remove(_ removals: [Taking], _ root: StorageRoot) throws {
        let trees = removals.filter { $0.kind == .tag || $0.kind == .upload }
        try onManyThreads(trees) { try $0.removeFiles(from: root) }
        FaultPoint.hollowed.reach()
        let steps = RemovalSteps(removals.filter { $0.kind == .blob || $0.kind == .manifest }).steps
        try onManyThreads([true, false]) { isOfTrees in
            guard !isOfTrees else {
                return try onManyThreads(trees) { try $0.removeEmptied(from: root) }
            }
            for (number, jobs) in steps.enumerated() {
                try onManyThreads(jobs) { job in
                    let remover = Remover(root: root)
                    for path in job { try remover.removeWithFolder(path) }
                }
                if number == RemovalSteps.detaching { FaultPoint.detached.reach() }
            }
        }
    }

    private static func batches(_ removals: [Taking]) -> [(Range<Int>, [Taking])] {
        stride(from: 0, to: removals.count, by: batch).map { start in
            let range = start..<min(start + batch, removals.count)
            return (range, Array(removals[range]))
        }
    }

    /// Removals between two commits of the journal.
    private static let batch = 8_192
}
