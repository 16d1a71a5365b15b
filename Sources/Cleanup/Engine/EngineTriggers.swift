package import AccessLedger
package import Logging
package import RegistryModel
package import RetentionPlanning

/// Watches the thresholds of one engine, and prunes it when one is crossed.
package actor EngineTriggers {
    private let triggers: [Trigger]
    private let target: EngineTarget
    private let policies: [Policy]
    private let history: Span
    private let ledger: Ledger
    private let pruner: EnginePruner
    private let interruption: Interruption
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    /// Whether all uses up to now are known.
    private let isCaughtUp: @Sendable () async -> Bool
    /// When a trigger's last run ended.
    private var ended: [String: Timestamp] = [:]
    /// What the engine's disk held when it was measured last, for all triggers.
    private var measurement: Measurement?
    /// Which measurement a trigger has judged by, so that it does so once.
    private var judged: [String: Timestamp] = [:]
    /// The last complaint of a trigger, so that it is not repeated.
    private var complaints: [String: (text: String, at: Timestamp)] = [:]

    package init(
        triggers: [Trigger],
        target: EngineTarget,
        policies: [Policy],
        history: Span,
        ledger: Ledger,
        pruner: EnginePruner,
        interruption: Interruption,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        isCaughtUp: @escaping @Sendable () async -> Bool
    ) {
        self.triggers = triggers.filter { $0.engine == target.name }
        self.target = target
        self.policies = policies.filter { $0.engine == target.name }
        self.history = history
        self.ledger = ledger
        self.pruner = pruner
        self.interruption = interruption
        self.logger = logger
        self.now = now
        self.isCaughtUp = isCaughtUp
    }

    /// Looks at each trigger once, and carries out what fires; call it every second.
    ///
    /// Once the interruption is raised, what is under way is ended and nothing is begun.
    package func tick() async throws {
        // What was used while nobody listened is not known before.
        guard !triggers.isEmpty, await isCaughtUp() else { return }
        for trigger in triggers {
            let time = now()
            guard ended[trigger.name].map({ time - $0 >= trigger.cooldown }) ?? true else {
                continue
            }
            do {
                guard let firing = try await firing(trigger, time) else { continue }
                if let obstacle = try await obstacle(trigger) {
                    await complain(trigger, obstacle, needed: 0, freed: 0)
                } else {
                    try await carryOut(trigger, firing)
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                guard !interruption.isRaised else { throw CancellationError() }
                await complain(trigger, "\(error)", needed: 0, freed: 0)
            }
            ended[trigger.name] = now()
        }
    }

    /// A trigger that has fired.
    private struct Firing {
        var measured: String
        var needed: Int64
    }

    private func firing(_ trigger: Trigger, _ time: Timestamp) async throws -> Firing? {
        if case .every(let interval) = trigger.measure {
            guard try await isDue(trigger, interval, time) else { return nil }
            return Firing(measured: "every \(interval)", needed: .max)
        }
        let bytes =
            trigger.measure.asksEngine ? try await engineBytes(for: trigger, time) : nil
        guard let level = try EngineLevel(trigger.measure, bytes: bytes), level.isAbove else {
            return nil
        }
        return Firing(measured: level.measured, needed: max(0, level.excess))
    }

    /// Why nothing that goes could free what a trigger measures; nil where it can, or nobody can tell.
    private func obstacle(_ trigger: Trigger) async throws -> String? {
        guard case .volume(let path, _, _, _) = trigger.measure,
            case .never(let obstacle) = try await target.reach(of: path)
        else { return nil }
        return obstacle
    }

    /// What the engine's disk held at a moment.
    private struct Measurement {
        var at: Timestamp
        /// Nil where it could not be measured; less once a run has freed some of it.
        var bytes: Int64?
    }

    /// Bytes that `trigger` is to judge by: those of one measurement for all triggers, and nil once
    /// it has judged by it.
    private func engineBytes(for trigger: Trigger, _ time: Timestamp) async throws -> Int64? {
        let isDue = measurement.map { time - $0.at >= Self.measureInterval } ?? true
        if isDue {
            var bytes: Int64?
            // One that fails has had its turn, too.
            defer { measurement = Measurement(at: now(), bytes: bytes) }
            bytes = try await measured()
        }
        guard let measurement, judged[trigger.name] != measurement.at else { return nil }
        judged[trigger.name] = measurement.at
        return measurement.bytes
    }

    private func measured() async throws -> Int64? {
        try await interruption.run { [pruner, target] in try await pruner.bytes(of: target) }
    }

    /// Measuring a full engine is work for it.
    private static let measureInterval = Span.minutes(1)

    /// Whether a trigger's time has come; the clock starts when the trigger is first seen.
    private func isDue(
        _ trigger: Trigger,
        _ interval: Span,
        _ time: Timestamp
    ) async throws -> Bool {
        let last = try await ledger.lastRun(
            ofTrigger: trigger.name,
            registryId: place,
            repositoryId: 0
        )
        guard let last else {
            try await remember(trigger, "first seen")
            return false
        }
        return time - last.at >= interval
    }

    /// Where the ledger keeps the triggers of this engine apart from those of registries.
    private var place: Int64 { -target.row.id }

    private func remember(_ trigger: Trigger, _ note: String) async throws {
        try await ledger.ran(
            trigger: trigger.name,
            registryId: place,
            repositoryId: 0,
            at: now(),
            note: note
        )
    }

    // MARK: Cleaning

    /// First what nothing uses, by the engine's `prune`; then images, as far as that was not enough.
    private func carryOut(_ trigger: Trigger, _ firing: Firing) async throws {
        if let doubt = try await pruner.clock.doubt(at: now()) {
            return await complain(trigger, "\(doubt)", needed: firing.needed, freed: 0)
        }
        let cause = Cleaner.Cause(name: trigger.name, measured: firing.measured)
        var runs: [RunRecord] = []
        if trigger.clean.contains(.prune), !target.prune.isEmpty {
            var request = EnginePruner.Request(
                cause: cause,
                parts: target.prune,
                filters: target.filters
            )
            request.isSilentWhenEmpty = true
            runs.append(
                try await pruner.prune(request, of: target, interruption: interruption)
            )
        }
        // What was cut short is due again after the next start.
        guard !interruption.isRaised else { throw CancellationError() }
        var left = try await remaining(trigger)
        if trigger.clean.contains(.images), left.map({ $0 > 0 }) ?? true {
            var request = EnginePruner.ImageRequest(
                cause: cause,
                policies: policies,
                needed: left ?? .max,
                history: history,
                remaining: { [weak self] in try? await self?.remaining(trigger) }
            )
            request.interruption = interruption
            runs.append(try await pruner.clean(request, of: target))
            guard !interruption.isRaised else { throw CancellationError() }
            left = try await remaining(trigger)
        }
        let notes = runs.map(\.note).filter { !$0.isEmpty }.joined(separator: "; ")
        try await remember(trigger, notes)
        guard let left, left > 0 else { return }
        await complain(
            trigger,
            notes.isEmpty ? "what may go was not enough" : notes,
            needed: firing.needed,
            freed: runs.reduce(0) { $0 + $1.reclaimed }
        )
    }

    /// Bytes above the low mark; nil for a trigger that has none.
    private func remaining(_ trigger: Trigger) async throws -> Int64? {
        var bytes: Int64?
        if trigger.measure.asksEngine {
            bytes = try await measured()
            measurement?.bytes = bytes
        }
        return try EngineLevel(trigger.measure, bytes: bytes)?.excess
    }

    /// Says once, and again every hour, why a trigger could not do what it is there for.
    private func complain(
        _ trigger: Trigger,
        _ text: String,
        needed: Int64,
        freed: Int64
    ) async {
        let time = now()
        if let last = complaints[trigger.name], last.text == text, time - last.at < .hours(1) {
            return
        }
        complaints[trigger.name] = (text, time)
        logger.warning(
            "trigger freed less than needed",
            metadata: [
                "trigger": "\(trigger.name)", "engine": "\(target.name)", "why": "\(text)",
            ]
        )
        try? await ledger.append([
            PruneEvent(
                type: "trigger",
                action: "insufficient",
                actor: target.name,
                attributes: [
                    "trigger": trigger.name, "engine": target.name, "why": text,
                    "needed": "\(needed)", "reclaimed": "\(freed)",
                ],
                time: time
            )
        ])
    }
}
