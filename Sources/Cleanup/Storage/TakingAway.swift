import AccessLedger
import RegistryModel
import RegistryStorage

/// Moves what a sweep takes into the quarantine, also where the file system is full.
///
/// Without a full disk all of it is moved, or an error ends it. On a full one as much is moved as
/// there is room for, the largest blobs first, and that is no error: the second look puts back what
/// something needs that stayed. Stale uploads, which nothing remembers and nobody can ask for, make
/// room then: they are removed at once.
struct TakingAway {
    /// By places in the draft's removals.
    struct Outcome: Sendable {
        var ordinals: Set<Int> = []
        /// What stays where it is, for lack of room.
        var left: [Int] = []
        /// What an interruption came before.
        var unbegun: [Int] = []
        /// Stale uploads that are off the disk, with their bytes.
        var removed: [(ordinal: Int, reclaimed: Int64)] = []
    }

    private let draft: StorageSweeper.Draft
    private let quarantine: Quarantine
    private let interruption: Interruption
    private var outcome = Outcome()

    init(
        _ draft: StorageSweeper.Draft,
        _ quarantine: Quarantine,
        until interruption: Interruption
    ) {
        self.draft = draft
        self.quarantine = quarantine
        self.interruption = interruption
    }

    private var removals: [Taking] { draft.removals }

    func takeAll() throws -> Outcome {
        var work = self
        try work.run()
        return work.outcome
    }

    private mutating func run() throws {
        for index in draft.begun..<removals.count {
            guard !interruption.isRaised else {
                outcome.unbegun = Array(index..<removals.count)
                break
            }
            guard try isTaken(index) else {
                try goOn(from: index)
                break
            }
            if index == removals.count / 2 { FaultPoint.halfTaken.reach() }
        }
        // A registry lists a tag by its folder, whatever is in that.
        for index in outcome.ordinals where removals[index].kind == .tag {
            try removals[index].removeEmptied(from: quarantine.root)
        }
    }

    /// Takes the rest, with no room but what can be made.
    private mutating func goOn(from start: Int) throws {
        let order = (start..<removals.count).sorted { rank($0) < rank($1) }
        for folder in draft.folders { _ = try quarantine.root.removeEmptyFolder(folder) }
        for index in order where removals[index].kind == .upload {
            try removals[index].removeFiles(from: quarantine.root)
            try removals[index].removeEmptied(from: quarantine.root)
            outcome.removed.append((ordinal: index, reclaimed: removals[index].bytes))
        }
        let reserve = SweepReserve(root: quarantine.root)
        try allowingFull { try reserve.giveFolders(to: draft.run.name) }
        // Blobs would take the room that the proof needs.
        try allowingFull { try reserve.makeLittle() }
        for index in order where removals[index].kind != .upload {
            if try !isTaken(index) { outcome.left.append(index) }
        }
    }

    /// What holds others goes before them, as in the plan's order; then the largest blobs.
    private func rank(_ index: Int) -> (Int, Int64, Int) {
        switch removals[index].kind {
        case .tag: (0, 0, index)
        case .manifest: (1, 0, index)
        case .blob, .upload: (2, -removals[index].bytes, index)
        }
    }

    /// Moves the files of one removal away; false, and nothing is moved, where there is no room.
    ///
    /// What then can't come back, as something else is in its place by now, is taken all the same.
    private mutating func isTaken(_ index: Int) throws -> Bool {
        let removal = removals[index]
        let run = draft.run.name
        do {
            for path in removal.files { _ = try quarantine.take(path, for: run) }
        } catch {
            guard error.isFull else { throw error }
            guard case .stays = try quarantine.putBack(removal.files, of: run) else { return false }
        }
        if draft.way.takesManifestData {
            // Without its content a link leads nowhere, and the purge finds it.
            try allowingFull { try takeLinks(of: removal) }
        }
        outcome.ordinals.insert(index)
        return true
    }

    /// Links stay where a registry has to drop them itself, and where a push has just written them.
    private func takeLinks(of removal: Taking) throws {
        let run = draft.run.name
        for link in removal.links {
            _ =
                try removal.reason == .sharedLayer
                ? quarantine.takeShared(link, for: run) : quarantine.take(link, for: run)
        }
    }

    private func allowingFull(_ body: () throws -> Void) throws {
        do { try body() } catch { guard error.isFull else { throw error } }
    }
}
