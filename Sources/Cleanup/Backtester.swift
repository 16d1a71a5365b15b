package import AccessLedger
import RegistryClients
package import RegistryModel
package import RetentionPlanning

/// Answers what a policy would have removed, and what of that was asked for later, from the ledger
/// alone.
///
/// The policy is replayed once a day, each time on what was there then less what it would have
/// removed before. Where history or coverage is missing it says so.
package struct Backtester: Sendable {
    let ledger: Ledger
    let planMaker: PlanMaker
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        planMaker: PlanMaker,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.planMaker = planMaker
        self.now = now
    }

    package struct Report: Sendable {
        /// One replay.
        package struct Moment: Sendable, Equatable {
            package var at: Timestamp
            /// Registries where silence proved nothing then, for what the policy asks.
            package var uncovered: [String]
            package var removed = 0
            package var bytes: Int64 = 0
        }

        package var policy: String
        package var from: Timestamp
        package var to: Timestamp
        package var moments: [Moment]
        /// In the order in which they would have gone.
        package var removals: [Replay.Removal] = []
        /// Why images stayed at the last replay.
        package var kept: [Reason: Int] = [:]
        package var repositories = 0
        /// What could not be told, one line each.
        package var missing: [String] = []

        /// What would have gone and was asked for afterwards.
        package var regrets: [Replay.Removal] { removals.filter { $0.asked != nil } }
        package var bytes: Int64 { removals.reduce(0) { $0 + $1.item.bytes } }
    }

    /// Replays a policy over the past `span`, beginning with a full hour.
    package func replay(
        _ name: String,
        over span: Span,
        targets: [CleanupTarget]
    ) async throws -> Report {
        guard let policy = planMaker.policies.first(where: { $0.name == name }) else {
            throw CleanupError.unknownPolicy(name, known: planMaker.policies.map(\.name))
        }
        let end = now()
        let moments = Self.moments(from: (end - span).startOfHour, to: end)
        var report = Report(
            policy: name,
            from: moments.first ?? end,
            to: end,
            moments: moments.map { Report.Moment(at: $0, uncovered: []) }
        )
        for target in targets where policy.registry == nil || policy.registry == target.row.name {
            try await replay(policy, on: target, &report)
        }
        report.removals.sort { ($0.at, $0.item.repository) < ($1.at, $1.item.repository) }
        if report.repositories == 0 {
            report.missing.append("the policy decides about no repository that is known")
        }
        return report
    }

    private static func moments(from start: Timestamp, to end: Timestamp) -> [Timestamp] {
        var moments: [Timestamp] = []
        var next = start
        while next <= end {
            moments.append(next)
            next = next + step
        }
        return moments
    }

    package static let step = Span.days(1)

    private func replay(
        _ policy: Policy,
        on target: CleanupTarget,
        _ report: inout Report
    ) async throws {
        let coverage = try await planMaker.coverage(target, report.to)
        noteCoverage(coverage, policy, target, &report)
        let request = PlanRequest(policies: planMaker.policies, now: report.to)
        for facts in try await ledger.repositories(of: target.row) {
            let deciding = planMaker.policies.deciding(
                registry: facts.registry,
                repository: facts.name
            )
            guard deciding?.name == policy.name,
                let past = try await ledger.past(
                    of: facts.id,
                    needsLabels: !policy.keep.labels.isEmpty
                )
            else { continue }
            report.repositories += 1
            var replay = Replay(
                past: past,
                request: request,
                coverage: [target.row.name: coverage]
            )
            for index in report.moments.indices {
                let (removed, kept) = replay.step(at: report.moments[index].at)
                report.moments[index].removed += removed.count
                report.moments[index].bytes += removed.reduce(0) { $0 + $1.bytes }
                if index == report.moments.count - 1 {
                    report.kept.merge(kept, uniquingKeysWith: +)
                }
            }
            report.removals += replay.removals
        }
    }

    /// Notes at which moments the policy's window was not heard whole, and whether all requests since
    /// the first were.
    private func noteCoverage(
        _ coverage: Coverage,
        _ policy: Policy,
        _ target: CleanupTarget,
        _ report: inout Report
    ) {
        let name = target.row.name
        let window = policy.keep.accessed?.within ?? Policy.AccessRule.untaggedDefault.within
        for index in report.moments.indices {
            let at = report.moments[index].at
            guard !coverage.answer(window: window, now: at).isCovered else { continue }
            report.moments[index].uncovered.append(name)
        }
        let count = report.moments.count { $0.uncovered.contains(name) }
        if count > 0 {
            let subject =
                if target.traits.tellsLastPull {
                    "what it tells was pulled or pushed later than a moment stayed"
                } else if policy.keep.accessed == nil {
                    "untagged manifests stayed"
                } else {
                    "all stayed"
                }
            report.missing.append(
                "registry \(name): at \(count) of \(report.moments.count) moments the \(window) "
                    + "before were not heard whole, so \(subject) then"
            )
        }
        let unheard = coverage.uncovered(from: report.from, to: report.to)
        if unheard > target.gapTolerance {
            let seconds = Span.seconds(unheard.milliseconds / 1_000)
            report.missing.append(
                "registry \(name): \(seconds) of the time since were not heard, so there may be "
                    + "requests that nobody knows of"
            )
        }
    }
}
