package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel
import RetentionPlanning

/// Carries a stored plan out, item by item, each compared once more right before it is removed.
///
/// Every step is written to the ledger before it is done, so that a start after a kill can finish
/// it. Neither a failed item stops the run nor a repository that refuses deletes; a registry that
/// refuses them all does.
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
            let own = run.items.indices.filter { index in
                let item = run.items[index]
                return item.registry == target.row && item.isOpen
            }
            guard !own.isEmpty else { continue }
            guard !interruption.isRaised else {
                try await leave(own, of: run)
                continue
            }
            refusals += try await execute(own, of: run, on: target)
        }
        return try await end(run, told: told, refusals: refusals, note: note)
    }

    func remover(
        _ run: RunRecord,
        _ open: Int,
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
                total: open,
                registry: target.row.name,
                began: now(),
                now: now,
                report: onProgress
            )
        )
    }

    /// Leaves what an interruption came before.
    func leave(_ items: [Int], of run: RunRecord) async throws {
        for index in items {
            let item = run.items[index]
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
        interruption.isRaised ? Self.stopped(after: done, of: total) : ""
    }

    /// What is said of a run that an interruption ended.
    static func stopped(after done: Int, of total: Int) -> String {
        "interrupted after \(done) of \(total); the rest stays until a cleanup is asked for again"
    }
}

extension RunItem {
    /// Whether something is left to do.
    var isOpen: Bool { isEnforced && (state == .planned || state == .started) }
}
