package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel
import RetentionPlanning

/// Carries a stored plan out, item by item, each compared once more right before it is removed.
///
/// Every step is written to the ledger before it is done, so that a start after a kill can finish
/// it. A failed item does not stop the run; a registry that refuses deletes does.
package struct RunExecutor: Sendable {
    let ledger: Ledger
    let planMaker: PlanMaker
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// What is not begun when this is raised stays.
    let interruption: Interruption
    let onProgress: @Sendable (RunProgress) -> Void

    package init(
        ledger: Ledger,
        planMaker: PlanMaker,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        interruption: Interruption = Interruption(),
        onProgress: @escaping @Sendable (RunProgress) -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.planMaker = planMaker
        self.logger = logger
        self.now = now
        self.interruption = interruption
        self.onProgress = onProgress
    }

    /// What a whole run came to.
    package struct Outcome: Sendable, Equatable {
        package var state: RunRecord.State
        package var note: String
        package var released: Int64
        package var done: Int
        /// All that policies let go.
        package var total: Int
    }

    /// Removes what is planned and not done yet of one registry.
    ///
    /// `note` is what the run is to say at its end besides what it finds out itself.
    package func execute(
        _ run: RunRecord,
        on targets: [CleanupTarget],
        note: String = ""
    ) async throws -> Outcome {
        try await ledger.set(.running, of: run.name, note: run.note, at: now())
        // What an earlier end has told of.
        let told = run.state.isOver ? try await ledger.outcomes(of: run.name) : []
        var refusals: [String] = []
        for target in targets {
            let own = Self.items(of: run, at: target)
            guard own.contains(where: \.isOpen) else { continue }
            guard !interruption.isRaised else {
                try await leave(own, of: run)
                continue
            }
            if let refusal = try await execute(own, of: run, on: target) {
                refusals.append(refusal)
            }
        }
        return try await end(run, told: told, refusals: refusals, note: note)
    }

    /// A run's items of one registry; not copied where they are all, for there may be very many.
    private static func items(of run: RunRecord, at target: CleanupTarget) -> [RunItem] {
        let isOwn = { (item: RunItem) in item.registry == target.row && item.isEnforced }
        return run.items.allSatisfy(isOwn) ? run.items : run.items.filter(isOwn)
    }

    /// Works through one registry's items; the reason when the registry refuses all deletes.
    private func execute(
        _ items: [RunItem],
        of run: RunRecord,
        on target: CleanupTarget
    ) async throws -> String? {
        let power: DeletePower
        do {
            power = try await target.client.deletePower(in: items[0].repository)
        } catch {
            return try await refuse(items, of: run, because: "\(error)")
        }
        let remover: ItemRemover
        switch power {
        case .byTag, .digestOnly, .byTagAndDigest, .tagOnly:
            remover = self.remover(run, target, power)
        case .disabled where target.storage != nil, .forbidden where target.storage != nil:
            // A pull-through cache refuses every delete: its disk is the only way.
            var target = target
            target.client = target.reader
            remover = self.remover(run, target, .byTag)
        case .disabled:
            return try await refuse(
                items,
                of: run,
                because:
                    "\(RegistryError(operation: "delete from", subject: target.row.name, kind: .deletesDisabled))"
            )
        case .forbidden(let reason):
            return try await refuse(items, of: run, because: reason)
        }
        return try await RemovalRounds(remover: remover, width: target.traits.width)
            .carryOut(Self.groups(items, remover.power))
    }

    private func remover(
        _ run: RunRecord,
        _ target: CleanupTarget,
        _ power: DeletePower
    ) -> ItemRemover {
        let keeper = InventoryKeeper(
            ledger: ledger,
            policies: planMaker.policies,
            logger: logger,
            now: now
        )
        return ItemRemover(
            executor: self,
            run: run,
            target: target,
            power: power,
            doubts: RepositoryDoubts(ledger: ledger, keeper: keeper),
            tally: RunTally(
                total: run.items.count { $0.registry == target.row && $0.isOpen },
                registry: target.row.name,
                began: now(),
                now: now,
                report: onProgress
            )
        )
    }

    /// Items that one request removes: where only digests can be deleted, all tags of a manifest
    /// that goes with the last of them.
    static func groups(_ items: [RunItem], _ power: DeletePower) -> [ArraySlice<RunItem>] {
        guard power == .digestOnly || power == .byTagAndDigest else {
            // Parts of the one list: there may be very many.
            return items.indices.filter { items[$0].isOpen }.map { items[$0...$0] }
        }
        let open = items.filter(\.isOpen)
        let whole = Set(open.filter(\.removesManifest).compactMap(\.manifestId))
        var waiting: [Int64: [RunItem]] = [:]
        var groups: [ArraySlice<RunItem>] = []
        for (index, item) in open.enumerated() {
            guard item.tagId != nil, let manifest = item.manifestId, whole.contains(manifest) else {
                groups.append(open[index...index])
                continue
            }
            // Mostly a manifest has one tag.
            if item.removesManifest, waiting[manifest] == nil {
                groups.append(open[index...index])
                continue
            }
            waiting[manifest, default: []].append(item)
            if item.removesManifest, let group = waiting.removeValue(forKey: manifest) {
                groups.append(group[...])
            }
        }
        return groups + waiting.values.map { $0[...] }.sorted { $0[0].ordinal < $1[0].ordinal }
    }

    /// Leaves what an interruption came before.
    private func leave(_ items: [RunItem], of run: RunRecord) async throws {
        for item in items where item.isOpen {
            // What a kill left half done stays so until it is finished; what it only began may be gone.
            let isUntouched = item.step.isEmpty && item.state == .planned
            try await ledger.set(
                isUntouched ? .skipped : .failed,
                of: item,
                in: run.name,
                detail: Self.interrupted,
                step: item.step,
                at: now()
            )
        }
    }

    /// What is said of that.
    static let interrupted = "interrupted before it was removed"

    private func refuse(
        _ items: [RunItem],
        of run: RunRecord,
        because reason: String
    ) async throws -> String {
        for item in items where item.isOpen {
            // What a kill left half done stays so until it is finished.
            try await ledger.set(
                .failed,
                of: item,
                in: run.name,
                detail: reason,
                step: item.step,
                at: now()
            )
        }
        return reason
    }

    // MARK: The end

    /// Writes the end down, with the events for all but `told`, which an earlier end announced.
    private func end(
        _ run: RunRecord,
        told: [RunOutcome],
        refusals: [String],
        note: String
    ) async throws -> Outcome {
        let outcomes = try await ledger.outcomes(of: run.name)
        let enforced = outcomes.filter(\.isEnforced)
        let done = enforced.filter { $0.state == .done }
        let doneCount = done.reduce(0) { $0 + $1.count }
        let failed = enforced.filter { $0.state == .failed }.reduce(0) { $0 + $1.count }
        let isWhole = done.count == enforced.count
        let state: RunRecord.State =
            isWhole ? .done : doneCount == 0 && failed > 0 ? .failed : .partly
        let total = enforced.reduce(0) { $0 + $1.count }
        let said = Cleaner.joined(
            refusals + [isWhole ? "" : stop(doneCount, of: total), note]
        )
        try await ledger.set(
            state,
            of: run.name,
            note: said,
            at: now(),
            events: Self.events(of: run, outcomes, besides: told, at: now())
        )
        let released = done.reduce(0) { $0 + $1.bytes }
        logger.info(
            "cleanup ended",
            metadata: [
                "run": "\(run.name)", "state": "\(state.rawValue)", "removed": "\(doneCount)",
                "failed": "\(failed)", "released": "\(released)", "note": "\(said)",
            ]
        )
        return Outcome(
            state: state,
            note: said,
            released: released,
            done: doneCount,
            total: total
        )
    }

    private func stop(_ done: Int, of total: Int) -> String {
        guard interruption.isRaised else { return "" }
        return "interrupted after \(done) of \(total); the rest stays until a cleanup is asked for "
            + "again"
    }
}

extension RunItem {
    /// Whether something is left to do.
    var isOpen: Bool { isEnforced && (state == .planned || state == .started) }
}
