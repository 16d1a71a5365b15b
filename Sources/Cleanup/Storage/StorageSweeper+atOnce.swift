import AccessLedger
import RegistryModel
import RegistryStorage

// For a registry that is stopped: nobody else works on the tree.
extension StorageSweeper {
    /// Deletes what is planned, and writes the end down; nil where a registry was started meanwhile,
    /// and the rest, from `draft.begun` on, has to go by way of the quarantine.
    ///
    /// A registry believes in what it finds while it starts, so it is looked for between batches that
    /// are small by time.
    func removeAtOnce(_ draft: inout Draft, _ target: CleanupTarget) async throws -> RunRecord? {
        let (root, name) = (draft.root, draft.run.name)
        let clock = ContinuousClock()
        var pace = Pace()
        var looked = clock.now
        var removed: [(ordinal: Int, reclaimed: Int64)] = []
        while draft.begun < draft.removals.count, !interruption.isRaised {
            let range = draft.begun..<min(draft.begun + pace.count, draft.removals.count)
            let removals = Array(draft.removals[range])
            let began = clock.now
            // What the last batch freed is written down while the next is removed.
            let done = removed
            async let journal: Void = ledger.purged(storageItems: done, in: name, at: now())
            draft.begun = range.upperBound
            try await offPool { try Self.remove(removals, root) }
            FaultPoint.halfRemoved.reach()
            try await journal
            removed = zip(range, removals).map { (ordinal: $0, reclaimed: $1.bytes) }
            pace.took(clock.now - began)
            guard clock.now - looked >= Self.briefest else { continue }
            guard await isStillAtRest(&draft, target) else {
                try await ledger.purged(storageItems: removed, in: name, at: now())
                return nil
            }
            looked = clock.now
        }
        return try await endAtOnce(draft, target, removed)
    }

    private func endAtOnce(
        _ draft: Draft,
        _ target: CleanupTarget,
        _ removed: [(ordinal: Int, reclaimed: Int64)]
    ) async throws -> RunRecord {
        var run = draft.run
        let begun = draft.begun
        try await leave(Array(begun..<draft.removals.count), of: run.name)
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
            // A process that begins later has never seen what went.
            if let takenAt = MachineMoment.now {
                try await ledger.note(
                    taken: run.name,
                    boot: takenAt.boot,
                    uptime: takenAt.uptime
                )
            }
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

    /// Looks once more for whoever works on the tree.
    func isStillAtRest(_ draft: inout Draft, _ target: CleanupTarget) async -> Bool {
        let presence = RegistryPresence.onStorage(draft.root)
        draft.way = await forgetWay(target, presence, since: draft.way)
        draft.isAtRest = isAtRest(target, presence, draft.way)
        return draft.isAtRest
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

    /// No process is started, answers and takes a push within this time.
    private static let briefest = Duration.milliseconds(10)
}

/// How many removals there are between two commits of the journal, and two looks for a registry.
///
/// A file system may remove twenty thousand files a second, or fifty.
struct Pace {
    private(set) var count = Self.first

    /// Takes in how long the last `count` have taken.
    mutating func took(_ time: Duration) {
        let fitting = Double(count) * (Self.goal / max(time, .milliseconds(1)))
        count = min(max(Int(fitting), Self.least), count * Self.growth, Self.most)
    }

    private static let first = 256
    private static let least = 16
    private static let growth = 8
    private static let most = 8_192
    /// A look at all processes of a machine takes some milliseconds.
    private static let goal = Duration.milliseconds(300)
}
