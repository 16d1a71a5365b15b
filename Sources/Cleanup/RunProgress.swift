import AccessLedger
package import RegistryModel

/// How far a run has come at one registry.
package struct RunProgress: Sendable, Equatable {
    package var registry: String
    package var total: Int
    package var done = 0
    package var skipped = 0
    package var failed = 0
    /// Since the first removal.
    package var elapsed: Span

    package var settled: Int { done + skipped + failed }

    /// Removals settled in a second.
    package var rate: Double {
        Double(settled) * 1_000 / Double(max(1, elapsed.milliseconds))
    }

    /// How long the rest takes at this rate; nil before anything is settled.
    package var left: Span? {
        guard settled > 0 else { return nil }
        let rest = Double(max(0, total - settled))
        return Span(milliseconds: Int64(rest / rate * 1_000))
    }
}

/// Counts what becomes of the removals under way at one registry.
actor RunTally {
    private var progress: RunProgress
    private let began: Timestamp
    private let now: @Sendable () -> Timestamp
    private let report: @Sendable (RunProgress) -> Void

    init(
        total: Int,
        registry: String,
        began: Timestamp,
        now: @escaping @Sendable () -> Timestamp,
        report: @escaping @Sendable (RunProgress) -> Void
    ) {
        progress = RunProgress(registry: registry, total: total, elapsed: .zero)
        self.began = began
        self.now = now
        self.report = report
    }

    func count(_ items: Int, as state: RunItem.State) {
        switch state {
        case .done: progress.done += items
        case .skipped: progress.skipped += items
        default: progress.failed += items
        }
        progress.elapsed = now() - began
        report(progress)
    }
}
