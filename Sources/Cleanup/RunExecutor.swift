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

    package init(
        ledger: Ledger,
        planMaker: PlanMaker,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.planMaker = planMaker
        self.logger = logger
        self.now = now
    }

    /// What a whole run came to.
    package struct Outcome: Sendable, Equatable {
        package var state: RunRecord.State
        package var note: String
        package var released: Int64
        package var done: Int
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
        var refusals: [String] = []
        for target in targets {
            let own = run.items.filter { $0.registry == target.row && $0.isEnforced }
            guard own.contains(where: { $0.state == .planned || $0.state == .started }) else {
                continue
            }
            if let refusal = try await execute(own, of: run, on: target) {
                refusals.append(refusal)
            }
        }
        let told = run.state.isOver ? run.items.filter { $0.state == .done } : []
        return try await end(run.name, told: told, refusals: refusals, note: note)
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
        case .byTag, .digestOnly:
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
        for group in Self.groups(items, remover.power) { try await remover.remove(group) }
        return nil
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
            doubts: RepositoryDoubts(ledger: ledger, keeper: keeper)
        )
    }

    /// Items that one request removes: where only digests can be deleted, all tags of a manifest
    /// that goes with the last of them.
    static func groups(_ items: [RunItem], _ power: DeletePower) -> [[RunItem]] {
        let open = items.filter { $0.state == .planned || $0.state == .started }
        guard power == .digestOnly else { return open.map { [$0] } }
        let whole = Set(items.filter(\.removesManifest).compactMap(\.manifestId))
        var waiting: [Int64: [RunItem]] = [:]
        var groups: [[RunItem]] = []
        for item in open {
            guard item.tagId != nil, let manifest = item.manifestId, whole.contains(manifest) else {
                groups.append([item])
                continue
            }
            waiting[manifest, default: []].append(item)
            if item.removesManifest, let group = waiting.removeValue(forKey: manifest) {
                groups.append(group)
            }
        }
        return groups + waiting.values.sorted { $0[0].ordinal < $1[0].ordinal }
    }

    private func refuse(
        _ items: [RunItem],
        of run: RunRecord,
        because reason: String
    ) async throws -> String {
        for item in items where item.state == .planned || item.state == .started {
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
        _ name: RunName,
        told: [RunItem],
        refusals: [String],
        note: String
    ) async throws -> Outcome {
        guard let run = try await ledger.run(name) else {
            throw CleanupError.unknownRun(name.description)
        }
        let enforced = run.items.filter(\.isEnforced)
        let done = enforced.filter { $0.state == .done }
        let failed = enforced.count { $0.state == .failed }
        let state: RunRecord.State =
            done.count == enforced.count ? .done : done.isEmpty && failed > 0 ? .failed : .partly
        let said = (refusals + [note]).filter { !$0.isEmpty }.joined(separator: "; ")
        try await ledger.set(
            state,
            of: name,
            note: said,
            at: now(),
            events: Self.events(of: run, besides: told, at: now())
        )
        let released = done.reduce(0) { $0 + $1.bytes }
        logger.info(
            "cleanup ended",
            metadata: [
                "run": "\(name)", "state": "\(state.rawValue)", "removed": "\(done.count)",
                "failed": "\(failed)", "released": "\(released)", "note": "\(said)",
            ]
        )
        return Outcome(state: state, note: said, released: released, done: done.count)
    }

    /// One prune event for each registry and kind of thing that was removed (design, section 5.10).
    ///
    /// Over the API nothing is freed on the registry's disk: `reclaimed` is what really came back.
    static func events(
        of run: RunRecord,
        besides told: [RunItem] = [],
        at time: Timestamp
    ) -> [PruneEvent] {
        let told = Set(told.map(\.ordinal))
        let done = run.items.filter { $0.state == .done && !told.contains($0.ordinal) }
        let byPlace = Dictionary(grouping: done) { [$0.registry.name, $0.kind] }
        return byPlace.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in
            let items = byPlace[key] ?? []
            let policies = Set(items.compactMap(\.policy)).sorted().joined(separator: ",")
            return PruneEvent(
                type: key[1],
                action: "prune",
                actor: key[0],
                attributes: [
                    "reclaimed": "0",
                    "released": "\(items.reduce(0) { $0 + $1.bytes })",
                    "registry": key[0],
                    "run": run.name.description,
                    "trigger": run.cause,
                    "measured": run.measured,
                    "policy": policies,
                    "items": "\(items.count)",
                    "mode": "enforce",
                ],
                time: time
            )
        }
    }
}
