import AccessLedger
import Foundation
import Logging
import RegistryClients
import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Carries a stored plan out, and writes its end down whatever happened.
    func carryOut(
        _ draft: Draft,
        _ request: StorageRequest,
        _ target: CleanupTarget
    ) async throws -> RunRecord {
        let run = draft.run.name
        var draft = draft
        do {
            if request.isNow, draft.isAtRest, await isStillAtRest(&draft, target),
                let done = try await removeAtOnce(&draft, target)
            {
                return done
            }
            try await quarantine(draft, target)
            try await removeEmpty(draft.folders, draft.root)
            try await setAside(draft.root)
            if draft.begun > 0 { return try await endInterfered(draft, target) }
        } catch {
            try await putBackCutOff(run, of: target, draft.root, because: "\(error)")
            throw error
        }
        return try await end(
            run,
            of: target,
            note: draft.run.note,
            isPurgedNext: request.isNow
        )
    }

    /// Makes ready what a sweep of a full disk will need; nothing is wrong where that can't be.
    func setAside(_ root: StorageRoot) async throws {
        do {
            try await offPool { try SweepReserve(root: root).make() }
        } catch {
            logger.debug(
                "nothing could be set aside for a full disk",
                metadata: ["storage": "\(root.path)", "reason": "\(error)"]
            )
        }
    }

    func removeEmpty(_ folders: [StoragePath], _ root: StorageRoot) async throws {
        try await offPool {
            for folder in folders { _ = try root.removeEmptyFolder(folder) }
        }
    }

    // MARK: Through the quarantine

    private func quarantine(
        _ planned: Draft,
        _ target: CleanupTarget
    ) async throws {
        var draft = planned
        guard !draft.removals.isEmpty else { return }
        let run = draft.run.name
        let all = Array(draft.begun..<draft.removals.count)
        try await notePlace(of: run, draft.root)
        try await ledger.set(.started, ofStorageItems: all, in: run, at: now())
        FaultPoint.begun.reach()
        let quarantine = Quarantine(root: draft.root)
        let removals = draft.removals
        let beganAt = draft.beganAt
        let taking = draft
        let taken = try await offPool { [interruption] in
            try TakingAway(taking, quarantine, until: interruption).takeAll()
        }
        FaultPoint.taken.reach()
        var left = taken.ordinals
        try await leave(taken.unbegun, of: run)
        try await note(taken, of: draft)
        let moved = try await offPool {
            try taken.ordinals.filter { try Self.wasPushed(removals[$0], quarantine, run) }
        }
        if !moved.isEmpty {
            left.subtract(
                try await putBack(moved, draft, because: "the tag was pushed meanwhile")
            )
        }
        left = try await secondLook(draft, left, target)
        // A process that begins later has never seen what was taken.
        let takenAt = MachineMoment.now
        if let takenAt {
            try await ledger.note(taken: run, boot: takenAt.boot, uptime: takenAt.uptime)
        }
        // From here on the watch brings back what is asked for.
        try await ledger.set(
            .quarantined,
            ofStorageItems: left.sorted(),
            in: run,
            from: .started,
            at: now()
        )
        FaultPoint.lookedAgain.reach()
        // Only who ran before this moment can remember what was there.
        let presence = RegistryPresence.onStorage(draft.root)
        draft.way = await forgetWay(target, presence, since: draft.way)
        var proven: Set<Int> = []
        switch draft.way {
        case .notRunning, .noCache: proven = left
        case .api(let client):
            left.subtract(try await makeRoomForProof(draft, left))
            proven = try await forget(
                removals.map(\.forgettable),
                left,
                of: run,
                draft.root,
                client
            )
            FaultPoint.forgotten.reach()
        case .unproven: break
        }
        if interruption.isRaised {
            // A registry that has not forgotten it would answer with what is not there, until the
            // next cleanup.
            left.subtract(
                try await putBack(left.subtracting(proven), draft, because: Self.interrupted)
            )
        }
        if !draft.way.isAlone {
            // What was accepted before it was taken, or on the word of a cache that had not
            // forgotten yet, is seen now.
            try await Task.sleep(for: Self.settling)
            left = try await secondLook(draft, left, target)
        }
        if left.isEmpty { try await tidy(run, draft.root) }
        try await ledger.forgotten(
            storageItems: proven.intersection(left).sorted(),
            in: run
        )
        FaultPoint.quarantined.reach()
        let open = left.subtracting(proven)
        // Who was started while things went at once may believe in those, too.
        let believed = presence.provesForgetting(since: nil, false) ? 0 : draft.begun
        guard !open.isEmpty || believed > 0 else { return }
        let obstacle = try await restart(target, draft.root, beganAt: beganAt, takenAt: takenAt)
        guard let obstacle else {
            try await ledger.forgotten(storageItems: open.sorted(), in: run)
            return
        }
        try await complainOfStaleCache(
            draft,
            target,
            count: open.count + believed,
            isNew: believed > 0,
            obstacle
        )
    }

    /// How long a registry may take from its check of what a manifest needs until all that tells of
    /// the manifest is written: some ten milliseconds where the disk is not overloaded.
    private static let settling = Duration.seconds(1)

    /// Makes ready what a proof on a full disk needs, by what nothing remembers: stale uploads that
    /// are in quarantine already; says which of them are off the disk.
    private func makeRoomForProof(_ draft: Draft, _ taken: Set<Int>) async throws -> Set<Int> {
        let quarantine = Quarantine(root: draft.root)
        let run = draft.run.name
        let removals = draft.removals
        let removed = try await offPool { () throws -> [(ordinal: Int, reclaimed: Int64)] in
            let reserve = SweepReserve(root: quarantine.root)
            var removed: [(ordinal: Int, reclaimed: Int64)] = []
            let uploads = taken.filter { removals[$0].kind == .upload }.sorted()
            for upload in [nil] + uploads.map(Optional.some) {
                if let upload {
                    let freed = try removals[upload].files.reduce(Int64(0)) {
                        try $0 + quarantine.purge($1, of: run)
                    }
                    removed.append((ordinal: upload, reclaimed: freed))
                }
                do {
                    try reserve.makeLittle()
                    break
                } catch {
                    guard error.isFull else { throw error }
                }
            }
            return removed
        }
        try await ledger.purged(storageItems: removed, in: run, at: now())
        return Set(removed.map(\.ordinal))
    }

    /// Leaves what an interruption came before.
    func leave(_ ordinals: [Int], of run: RunName) async throws {
        try await ledger.set(
            .skipped,
            ofStorageItems: ordinals,
            in: run,
            detail: Self.interrupted,
            at: now()
        )
    }

    /// What is said of that.
    private static let interrupted = RunExecutor.interrupted

    /// Writes down what a full disk made of a plan.
    private func note(_ taken: TakingAway.Outcome, of draft: Draft) async throws {
        guard !taken.removed.isEmpty || !taken.left.isEmpty else { return }
        let run = draft.run.name
        try await ledger.purged(storageItems: taken.removed, in: run, at: now())
        try await ledger.set(
            .skipped,
            ofStorageItems: taken.left,
            in: run,
            detail: "the disk is full: there is no room to move it away",
            at: now()
        )
        logger.warning(
            "the registry's disk is full; took what there is room for",
            metadata: [
                "run": "\(run)", "taken": "\(taken.ordinals.count)",
                "removed": "\(taken.removed.count)", "left": "\(taken.left.count)",
            ]
        )
        guard taken.ordinals.isEmpty, taken.removed.isEmpty else { return }
        throw CleanupError.noRoom(draft.root.path)
    }

    /// Whether a tag that was taken points to something else than what was planned.
    private static func wasPushed(
        _ removal: Taking,
        _ quarantine: Quarantine,
        _ run: RunName
    ) throws -> Bool {
        guard removal.kind == .tag, let digest = removal.digest,
            let link = removal.files.first(where: { $0.place == .tagCurrent }),
            let bytes = try quarantine.read(link, of: run, atMost: Self.longestLink)
        else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.trimmingCharacters(in: .whitespacesAndNewlines) != digest.description
    }

    /// Bytes; a link holds one digest.
    private static let longestLink = 256

    /// Marks again, and puts back what is needed by now; says what remains taken.
    private func secondLook(
        _ draft: Draft,
        _ taken: Set<Int>,
        _ target: CleanupTarget
    ) async throws -> Set<Int> {
        let references = LedgerReferences(ledger: ledger)
        let root = draft.root
        let removals = draft.removals
        let time = now()
        var again = try await offPool {
            let wanted = try WantedAgain.mark(
                root,
                references,
                taken: taken.compactMap { removals[$0].revision },
                links: taken.compactMap { removals[$0].takenLink },
                now: time
            )
            return taken.filter { wanted.wants(removals[$0], since: draft.beganAt) }
        }
        // Who looked for a blob before it went may be about to push what needs it.
        let named = try await ledger.blobsNamed(since: draft.beganAt, in: target.row)
        again.formUnion(
            taken.filter { ordinal in
                removals[ordinal].kind == .blob
                    && removals[ordinal].digest.map {
                        named.isNamed($0, since: draft.beganAt)
                    } ?? false
            }
        )
        guard !again.isEmpty else { return taken }
        return taken.subtracting(
            try await putBack(again, draft, because: "needed again, or named by a push meanwhile")
        )
    }
}
