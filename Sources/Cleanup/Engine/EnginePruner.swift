package import AccessLedger
import Foundation
package import Logging
import RegistryClients
package import RegistryModel

/// Removes from an engine what it does not use, by a stored plan that names each thing.
///
/// The engine's own prune says «whatever is unused when I look»; here each thing is named before it
/// goes, looked at once more, and never forced.
package struct EnginePruner: Sendable {
    let ledger: Ledger
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// Whether the clock can be believed.
    let clock: ClockWatch

    package init(
        ledger: Ledger,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        machine: @escaping @Sendable () -> MachineMoment? = { nil }
    ) {
        clock = ClockWatch(ledger: ledger, machine: machine)
        self.ledger = ledger
        self.logger = logger
        self.now = now
    }

    /// What is to be pruned, and why.
    package struct Request: Sendable {
        package var cause: Cleaner.Cause
        package var parts: [EnginePart]
        package var filters: EngineFilters
        /// Whether a plan that removes nothing is not worth being remembered.
        package var isSilentWhenEmpty = false
        /// Whether what goes by its age goes also while nobody knows whether the clock is right.
        package var waivesClock = false

        package init(cause: Cleaner.Cause, parts: [EnginePart], filters: EngineFilters) {
            self.cause = cause
            self.parts = parts
            self.filters = filters
        }
    }

    /// Plans and stores what would go, and stops there.
    package func plan(_ request: Request, of target: EngineTarget) async throws -> RunRecord {
        var run = try await draft(request, of: target).run
        run.state = .planned
        run.note = Cleaner.joined([
            Cleaner.onlyPlanned(run.cause, isEmpty: run.engine.isEmpty), run.note,
        ])
        run.endedAt = now()
        try await ledger.create(run)
        return run
    }

    /// Plans, stores and carries out; ended early by `interruption`, it reports what was freed.
    package func prune(
        _ request: Request,
        of target: EngineTarget,
        interruption: Interruption = Interruption()
    ) async throws -> RunRecord {
        let lock = try lock(target)
        defer { withExtendedLifetime(lock) {} }
        try await finishCutOff(target)
        let draft = try await interruption.run { try await self.draft(request, of: target) }
        if request.isSilentWhenEmpty, draft.run.engine.isEmpty {
            var run = draft.run
            run.state = .done
            return run
        }
        var work = EngineWork(
            target: target,
            run: draft.run,
            filters: request.filters,
            usage: draft.usage,
            interruption: interruption
        )
        work.dataRoot = await dataRoot(target)
        work.note = draft.run.note
        return try await carryOut(work)
    }

    /// The engine's data root, where that is a folder of this machine.
    private func dataRoot(_ target: EngineTarget) async -> String? {
        guard target.client.address.isLocal, let root = try? await target.client.storage().root,
            FileManager.default.fileExists(atPath: root)
        else { return nil }
        return root
    }

    func lock(_ target: EngineTarget) throws -> RunLock {
        do {
            return try RunLock(ledger: ledger.path, registry: "engine.\(target.name)")
        } catch CleanupError.alreadyRunning {
            throw CleanupError.engineBusy(target.name)
        }
    }

    private func draft(
        _ request: Request,
        of target: EngineTarget
    ) async throws -> (run: RunRecord, usage: EngineUsage) {
        let inventory = try await EngineInventory(of: target.client)
        var planner = EnginePlanner(inventory, of: target.row, now: now())
        let plan = planner.prune(request.parts, request.filters)
        var run = try newRun(request.cause, of: target)
        run.engine = plan.items
        run.kept = plan.kept.values.reduce(0, +)
        run.keptReasons = plan.kept
        if request.filters.goesByAge, !request.waivesClock,
            let doubt = try await clock.doubt(at: run.createdAt)
        {
            run.note = "\(doubt)"
            run.kept += run.engine.count
            if !run.engine.isEmpty { run.keptReasons["clockInDoubt"] = run.engine.count }
            run.engine = []
        }
        return (run, inventory.usage)
    }

    func newRun(_ cause: Cleaner.Cause, of target: EngineTarget) throws -> RunRecord {
        let time = now()
        var scope = CleanupScope()
        scope.engine = target.name
        return RunRecord(
            name: RunName(at: time),
            cause: cause.name,
            measured: cause.measured,
            scope: try scope.text,
            mode: "enforce",
            state: .running,
            createdAt: time
        )
    }

    // MARK: Carrying out

    /// Stores the run, unless it is, and removes what it names, kind by kind, each measured.
    func carryOut(_ work: EngineWork, isStored: Bool = false) async throws -> RunRecord {
        var work = work
        let usage = work.usage
        work.layersBefore = try await layers(usage, work)
        work.run.freed = work.kinds.map { kind in
            RunFreed(kind: kind, before: kind == "image" ? work.layersBefore : nil)
        }
        if isStored {
            try await ledger.set(.running, of: work.run.name, note: work.run.note, at: now())
        } else {
            try await ledger.create(work.run, endsOlder: work.endsOlder)
        }
        for kind in work.kinds {
            work.diskBefore = work.disk
            if kind == EnginePart.buildCache.kind {
                try await removeCache(&work)
            } else {
                for item in work.run.engine where item.kind == kind && item.isOpen {
                    guard try await goesOn(&work, item) else { break }
                    try await remove(item, &work)
                }
            }
            try await measure(kind, &work)
        }
        return try await end(work)
    }

    /// Whether the next item is still to go.
    private func goesOn(_ work: inout EngineWork, _ item: EngineItem) async throws -> Bool {
        if work.interruption.isRaised || work.obstacle != nil { return false }
        guard let isEnough = work.isEnough, await isEnough() else { return true }
        work.isSatisfied = true
        return false
    }

    private func remove(_ item: EngineItem, _ work: inout EngineWork) async throws {
        try await ledger.set(.started, of: item, in: work.run.name, at: now())
        let target = work.target
        let outcome = await patiently(work) {
            // Once begun it is ended: nobody would know whether the engine has done it.
            try await Task { try await self.remove(item, from: target) }.value
        }
        if outcome.isUnreachable { work.obstacle = outcome.detail }
        try await ledger.set(
            outcome.state,
            of: item,
            in: work.run.name,
            detail: outcome.detail,
            at: now()
        )
        work.outcomes[item.ordinal] = outcome
    }

    /// Tries again where that may help: a prune that somebody else has started is waited out.
    func patiently(
        _ work: EngineWork,
        _ body: @Sendable () async throws -> EngineOutcome
    ) async -> EngineOutcome {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            do {
                return try await body()
            } catch let error as EngineError {
                if error.kind == .cancelled { return .skipped("interrupted") }
                let isWorthIt =
                    error.kind == .busy
                    ? ContinuousClock.now - start < Self.longestWait
                    : error.isRetryable && attempt < Self.attempts
                guard isWorthIt, !work.interruption.isRaised, !Task.isCancelled else {
                    return .failed("\(error)", isUnreachable: error.kind == .unreachable)
                }
                attempt += 1
                let pause = error.kind == .busy ? Self.pauseWhileBusy : Self.pause
                try? await work.interruption.run { try await Task.sleep(for: pause) }
            } catch is CancellationError {
                return .skipped("interrupted")
            } catch {
                return .failed("\(error)", isUnreachable: false)
            }
        }
    }

    /// A prune of a large engine takes minutes.
    private static let longestWait = Duration.seconds(600)
    private static let pauseWhileBusy = Duration.milliseconds(500)
    private static let attempts = 4
    private static let pause = Duration.seconds(1)
}

/// A run on an engine under way.
struct EngineWork: Sendable {
    let target: EngineTarget
    var run: RunRecord
    let filters: EngineFilters
    /// What was measured for the plan.
    let usage: EngineUsage
    let interruption: Interruption
    /// Says when no more has to go.
    var isEnough: (@Sendable () async -> Bool)?
    var isSatisfied = false
    /// Whether plans for images that wait for approval are superseded by it.
    var endsOlder = false
    /// Why nothing more can be done.
    var obstacle: String?
    var outcomes: [Int: EngineOutcome] = [:]
    /// Bytes of all layers before.
    var layersBefore: Int64?
    var freed: [String: Int64] = [:]
    /// What the engine says that its build cache gave back.
    var cacheReclaimed: Int64?
    /// Bytes by which the file system of the engine's data got emptier meanwhile.
    var freedOnDisk: [String: Int64] = [:]
    /// The engine's data root, where it is on this machine.
    var dataRoot: String?
    /// Bytes used of its file system before the kind that is under way.
    var diskBefore: Int64?
    var note = ""

    init(
        target: EngineTarget,
        run: RunRecord,
        filters: EngineFilters,
        usage: EngineUsage,
        interruption: Interruption
    ) {
        self.target = target
        self.run = run
        self.filters = filters
        self.usage = usage
        self.interruption = interruption
    }

    /// Kinds in the order of the plan.
    var kinds: [String] {
        var kinds: [String] = []
        for item in run.engine where item.isEnforced && !kinds.contains(item.kind) {
            kinds.append(item.kind)
        }
        return kinds
    }

    /// Bytes used of the file system that holds the engine's data, where that is here.
    var disk: Int64? { dataRoot.flatMap { try? VolumeGauge(path: $0) }?.used }
}

/// What became of one item.
struct EngineOutcome: Sendable, Equatable {
    var state: RunItem.State
    var detail: String
    /// Somebody else removed it: nothing of it came back by us.
    var wasGone = false
    var isUnreachable = false

    static let done = EngineOutcome(state: .done, detail: "")
    static let gone = EngineOutcome(
        state: .skipped,
        detail: "it was gone before its turn",
        wasGone: true
    )

    static func skipped(_ detail: String) -> EngineOutcome {
        EngineOutcome(state: .skipped, detail: detail)
    }

    static func failed(_ detail: String, isUnreachable: Bool) -> EngineOutcome {
        EngineOutcome(state: .failed, detail: detail, isUnreachable: isUnreachable)
    }
}
