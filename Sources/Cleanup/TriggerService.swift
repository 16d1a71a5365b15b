package import AccessLedger
import Foundation
package import Logging
package import RegistryModel
package import RetentionPlanning

/// Watches the thresholds and starts cleanups: at once for what a commit has touched, on a tick for
/// the rest.
///
/// One cleanup at a time for a registry; what fires meanwhile waits for its turn, and is measured
/// anew when that has come.
package actor TriggerService {
    private let triggers: [Trigger]
    let cleaner: Cleaner
    let sweeper: StorageSweeper
    let collector: GarbageCollector
    private let keeper: InventoryKeeper
    let logger: Logger
    let now: @Sendable () -> Timestamp
    private let firings: AsyncStream<Firing>
    let fire: AsyncStream<Firing>.Continuation
    /// When the service was made: what was listed before may have changed while nobody listened.
    private let began: Timestamp
    var state = State()

    struct State {
        /// Registries that are being cleaned.
        var busy: Set<String> = []
        /// What waits until its registry is cleaned no more.
        var lines: [String: FiringLine] = [:]
        /// Repositories to look at again.
        var waiting: Set<RecordedBatch.Touched> = []
        /// When a trigger's last run for a target ended.
        var ended: [String: Timestamp] = [:]
        var lastSurvey: Timestamp?
        /// The last complaint of a trigger about a target, so that it is not repeated.
        var complaints: [String: (kind: String, at: Timestamp)] = [:]
        /// How many pushes each trigger has counted, by repository; nobody else writes them.
        var pushesCounted: [String: [Int64: Int]] = [:]
    }

    package init(
        triggers: [Trigger],
        cleaner: Cleaner,
        sweeper: StorageSweeper,
        collector: GarbageCollector,
        keeper: InventoryKeeper,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.triggers = triggers
        self.cleaner = cleaner
        self.sweeper = sweeper
        self.collector = collector
        self.keeper = keeper
        self.logger = logger
        self.now = now
        began = now()
        (firings, fire) = AsyncStream.makeStream()
    }

    /// Carries out what has fired until the task is cancelled, or until `end()`.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await firing in firings { group.addTask { await self.carryOut(firing) } }
        }
    }

    /// Lets the removals under way come to their end, and begins no more.
    package nonisolated func end() {
        cleaner.interruption.raise()
        fire.finish()
    }

    // MARK: Looking

    /// Looks at what a commit has touched.
    package func touched(_ places: Set<RecordedBatch.Touched>) async {
        guard triggers.contains(where: { $0.isPerRepository || $0.isRegistryBytes }) else { return }
        let facts: [Int64: RepositoryFacts]
        do {
            facts = try await cleaner.ledger.repositories(Set(places.map(\.repositoryId)))
        } catch {
            logger.error("triggers not looked at", metadata: ["reason": "\(error)"])
            return
        }
        for trigger in triggers {
            for place in facts.values.sorted(by: { $0.id < $1.id }) {
                guard let firing = await firing(trigger, place) else { continue }
                consider(firing)
            }
            await considerRegistry(trigger, Set(facts.values.map(\.registry)))
        }
    }

    /// Looks at time and volume, and at everything that waited; call it every second.
    package func tick() async {
        let time = now()
        for trigger in triggers { await considerTimed(trigger, time) }
        let waiting = state.waiting
        state.waiting = []
        if !waiting.isEmpty { await touched(waiting) }
        if state.lastSurvey.map({ time < $0 || time - $0 >= Self.surveyInterval }) ?? true {
            state.lastSurvey = time
            await survey()
        }
    }

    /// Looks at every repository: nothing is missed for long, whatever happened meanwhile.
    private func survey() async {
        for target in cleaner.targets {
            guard let all = try? await cleaner.ledger.repositories(of: target.row) else { continue }
            for trigger in triggers {
                for facts in all {
                    guard let firing = await firing(trigger, facts) else { continue }
                    consider(firing)
                }
                await considerRegistry(trigger, [target.row.name])
            }
        }
    }

    /// Often enough for a first listing over a mark; a survey of ten thousand repositories is cheap.
    private static let surveyInterval = Span.seconds(10)

    /// Whether a trigger fires for one repository; of pushes it sees those since its own last run.
    func firing(_ trigger: Trigger, _ facts: RepositoryFacts) async -> Firing? {
        guard trigger.countsPushes else { return trigger.firing(for: facts) }
        guard let counted = await pushesCounted(by: trigger) else { return nil }
        var facts = facts
        facts.pushes -= counted[facts.id] ?? 0
        return trigger.firing(for: facts)
    }

    private func pushesCounted(by trigger: Trigger) async -> [Int64: Int]? {
        if let known = state.pushesCounted[trigger.name] { return known }
        do {
            let stored = try await cleaner.ledger.pushesCounted(byTrigger: trigger.name)
            // Another look may have been quicker, and its run counted already.
            let known = state.pushesCounted[trigger.name] ?? stored
            state.pushesCounted[trigger.name] = known
            return known
        } catch {
            logger.error("trigger not looked at", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    // MARK: Cleaning

    private func carryOut(_ firing: Firing) async {
        var isTooEarly = false
        do {
            isTooEarly = try await !clean(firing)
        } catch {
            // Who ends us knows why; the run says how far it came.
            if !cleaner.interruption.isRaised {
                await complain(firing.trigger, firing.registry, "\(error)", [:])
            }
        }
        state.busy.remove(firing.registry)
        if !isTooEarly { state.ended[firing.key] = now() }
        beginNext(firing.registry)
    }

    /// Cleans, unless the registry is not listed yet: what was pushed while nobody listened is not
    /// known before.
    private func clean(_ firing: Firing) async throws -> Bool {
        let target = try cleaner.target(named: firing.registry)
        guard let listedAt = try await cleaner.ledger.lastListing(of: target.row),
            listedAt >= began
        else {
            // Nor is it for those behind.
            for other in state.lines.removeValue(forKey: firing.registry)?.all ?? [] {
                lookAgain(other)
            }
            lookAgain(firing)
            return false
        }
        let repository = firing.repository?.id
        try await cleaner.interruption.run { [keeper] in
            try await keeper.readNew(of: target, in: repository)
        }
        if firing.trigger.countsBytes {
            let isMeasured = try await cleaner.interruption.run { [keeper] in
                try await keeper.measureClaims(of: target, in: repository)
            }
            guard isMeasured else {
                lookAgain(firing)
                return false
            }
        }
        // A run that was cut off, or one by hand, may have done it meanwhile.
        try await cleaner.resume()
        guard let firing = try await measuredAgain(firing, target) else { return false }
        var scope = CleanupScope()
        scope.registry = firing.registry
        scope.repositories =
            firing.repository.map { [$0.name.description] }
            ?? firing.trigger.repositories.map(\.description)
        scope.targets = firing.trigger.planningTargets.map(\.rawValue).sorted()
        scope.set(firing.goal)
        let cause = Cleaner.Cause(name: firing.trigger.name, measured: firing.measured)
        let run = try await carryOut(firing, &scope, cause, target)
        // What was cut short is due again after the next start.
        guard !cleaner.interruption.isRaised else { return false }
        // What the clock held back is due until it is believed, as often as the cooldown lets it.
        if !run.isHeldByClock { try await remember(firing, target, run.note) }
        if !run.note.isEmpty {
            await complain(
                firing.trigger,
                firing.registry,
                run.note,
                [
                    "needed": "\(firing.needed)", "released": "\(run.released)",
                    "measured": firing.measured,
                    "repository": firing.repository?.name.description ?? "",
                ]
            )
        }
        return true
    }

    /// Notes a run of a trigger, and that it has counted the pushes for which it fired.
    private func remember(
        _ firing: Firing,
        _ target: CleanupTarget,
        _ note: String
    ) async throws {
        let place = firing.repository?.id ?? 0
        let pushes = firing.trigger.countsPushes ? firing.repository?.pushes ?? 0 : 0
        try await cleaner.ledger.ran(
            trigger: firing.trigger.name,
            registryId: target.row.id,
            repositoryId: place,
            at: now(),
            note: note,
            pushesCounted: pushes
        )
        state.pushesCounted[firing.trigger.name]?[place, default: 0] += pushes
    }

    /// Says once, and again every hour, why a trigger could not do what it is there for; other numbers
    /// are no news.
    func complain(
        _ trigger: Trigger,
        _ registry: String,
        _ text: String,
        _ attributes: [String: String]
    ) async {
        let time = now()
        let key = "\(trigger.name) \(registry) \(attributes["repository"] ?? "")"
        let kind = String(text.filter { !$0.isNumber })
        if let last = state.complaints[key], last.kind == kind, time - last.at < .hours(1) {
            return
        }
        state.complaints[key] = (kind, time)
        logger.warning(
            "trigger freed less than needed",
            metadata: ["trigger": "\(trigger.name)", "registry": "\(registry)", "why": "\(text)"]
        )
        let own = ["trigger": trigger.name, "registry": registry, "why": text]
        try? await cleaner.ledger.append([
            PruneEvent(
                type: "trigger",
                action: "insufficient",
                actor: registry,
                attributes: own.merging(attributes) { first, _ in first },
                time: time
            )
        ])
    }
}

extension Trigger {
    fileprivate var isRegistryBytes: Bool {
        if case .registryBytes = measure { return true }
        return false
    }

    /// Whether it measures what manifests claim.
    fileprivate var countsBytes: Bool {
        switch measure {
        case .registryBytes, .repositoryBytes, .untaggedBytes: true
        default: false
        }
    }

    fileprivate var countsPushes: Bool {
        if case .pushes = measure { return true }
        return false
    }
}
