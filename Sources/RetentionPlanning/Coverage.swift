package import RegistryModel

/// A stretch of time that is proven to be heard: by probes, by trust or by an import.
package struct CoveredSpan: Sendable, Hashable {
    package var from: Timestamp
    package var to: Timestamp

    package init(from: Timestamp, to: Timestamp) {
        self.from = from
        self.to = to
    }
}

/// A stretch in which accesses are known to be lost; no tolerance ever covers it.
package struct KnownLoss: Sendable, Hashable {
    package var from: Timestamp
    /// Nil while it is still open.
    package var to: Timestamp?

    package init(from: Timestamp, to: Timestamp?) {
        self.from = from
        self.to = to
    }
}

/// What `Coverage` answers for one window.
package struct CoverageAnswer: Sendable, Hashable {
    /// Whether silence in the window proves that nothing was asked for.
    package var isCovered: Bool
    /// The uncovered time inside the window, summed over its gaps.
    package var uncovered: Span
    /// Whether a known loss touches the window.
    package var hasLoss: Bool
    /// The covered moment at which the longest tolerable run to the newest covered moment begins.
    ///
    /// Nil where nothing is covered, or where a loss reaches past all that is.
    package var coveredSince: Timestamp?
    /// The newest covered moment, where more was missed since then than is tolerated; else nil.
    package var coveredUntil: Timestamp?
    /// When the rule begins to hold if nothing is missed from now on; nil with `coveredSince`.
    package var holdsFrom: Timestamp?
}

/// The time for which a registry's every access was heard (design, section 5.2).
package struct Coverage: Sendable, Equatable {
    /// In any order; they may overlap.
    package var spans: [CoveredSpan]
    package var losses: [KnownLoss]
    /// How much uncovered time a window may hold in sum; never more than half of it.
    package var gapTolerance: Span
    /// Pushes that were known before this are of another registry: nothing counts as older.
    package var knownSince: Timestamp

    package init(
        spans: [CoveredSpan] = [],
        losses: [KnownLoss] = [],
        gapTolerance: Span = .zero,
        knownSince: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.spans = spans
        self.losses = losses
        self.gapTolerance = gapTolerance
        self.knownSince = knownSince
    }

    /// Tells whether the past `window` is covered; its start falls back to the full hour.
    ///
    /// A window of no length asks for nothing and is always covered.
    package func answer(window: Span, now: Timestamp) -> CoverageAnswer {
        let heard = merged(until: now)
        let tolerance = min(gapTolerance, Self.half(of: window))
        let run = longestRun(in: heard, tolerating: tolerance, now: now)
        guard window > .zero else {
            return CoverageAnswer(
                isCovered: true,
                uncovered: .zero,
                hasLoss: false,
                coveredSince: run?.since,
                coveredUntil: run?.until,
                holdsFrom: now
            )
        }
        let start = (now - window).startOfHour
        let uncovered = uncovered(in: heard, from: start, to: now)
        let hasLoss = losses.contains { $0.from <= now && ($0.to ?? now) >= start }
        // What is shorter than an hour is asked of the whole hour.
        let asked = max(window, min(now - start, .hours(1)))
        return CoverageAnswer(
            isCovered: uncovered <= min(gapTolerance, Self.half(of: asked)) && !hasLoss,
            uncovered: uncovered,
            hasLoss: hasLoss,
            coveredSince: run?.since,
            coveredUntil: run?.until,
            holdsFrom: run.map { $0.edge.endOfHour + window }
        )
    }

    /// How much of the time between two moments was not heard.
    package func uncovered(from start: Timestamp, to end: Timestamp) -> Span {
        uncovered(in: merged(until: end), from: start, to: end)
    }

    /// Silence of which most was not heard proves nothing, whatever somebody tolerates.
    private static func half(of window: Span) -> Span {
        Span(milliseconds: window.milliseconds / 2)
    }

    /// The spans up to `now`, in order, joined where they meet.
    private func merged(until now: Timestamp) -> [CoveredSpan] {
        var result: [CoveredSpan] = []
        for span in spans.sorted(by: { $0.from < $1.from }) {
            let end = min(span.to, now)
            guard span.from < end else { continue }
            if let last = result.last, span.from <= last.to {
                result[result.count - 1].to = max(last.to, end)
            } else {
                result.append(CoveredSpan(from: span.from, to: end))
            }
        }
        return result
    }

    private func uncovered(
        in heard: [CoveredSpan],
        from start: Timestamp,
        to end: Timestamp
    ) -> Span {
        var rest = (end - start).milliseconds
        for span in heard {
            let overlap = min(span.to, end) - max(span.from, start)
            rest -= max(0, overlap.milliseconds)
        }
        return Span(milliseconds: rest)
    }

    /// The longest tolerable run to the newest covered moment.
    ///
    /// `since` is the first covered moment of it, and `until` the last where too much was missed after
    /// it. `edge` is the earliest moment at which a window may start, which tolerance can put before
    /// `since`, and what was missed up to now after it.
    private func longestRun(
        in heard: [CoveredSpan],
        tolerating tolerance: Span,
        now: Timestamp
    ) -> (since: Timestamp, until: Timestamp?, edge: Timestamp)? {
        guard let newest = heard.last else { return nil }
        let past = losses.filter { $0.from <= now }
        let lost = past.map { $0.to ?? .distantFuture }.max()
        if let lost, lost > newest.to { return nil }
        let until = now - newest.to > tolerance ? newest.to : nil
        let known = Self.run(to: newest.to, in: heard, tolerating: tolerance)
        let hoped = Self.run(to: now, in: heard, tolerating: tolerance)
        guard let lost else { return (known.since, until, hoped.edge) }
        let edge = max(hoped.edge, Timestamp(milliseconds: lost.milliseconds + 1))
        guard lost >= known.edge else { return (known.since, until, edge) }
        let first = heard.first { $0.to >= lost } ?? newest
        return (max(first.from, lost), until, edge)
    }

    /// The longest tolerable run to `end`: its first covered moment, and how far tolerance reaches back.
    private static func run(
        to end: Timestamp,
        in heard: [CoveredSpan],
        tolerating tolerance: Span
    ) -> (since: Timestamp, edge: Timestamp) {
        var since = end
        var missing = Span.zero
        for span in heard.reversed() {
            let sum = missing + (since - span.to)
            guard sum <= tolerance else { break }
            missing = sum
            since = span.from
        }
        let rest = Span(milliseconds: tolerance.milliseconds - missing.milliseconds)
        return (since, since - rest)
    }
}

extension Timestamp {
    /// Later than anything that is planned for.
    fileprivate static let distantFuture = Timestamp(milliseconds: .max)

    /// The first full hour that is not before this moment.
    fileprivate var endOfHour: Timestamp {
        startOfHour == self ? self : startOfHour + .hours(1)
    }
}
