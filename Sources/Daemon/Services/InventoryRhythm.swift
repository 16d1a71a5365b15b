import RegistryModel

/// When a registry is listed next, and what of it.
///
/// A pass that fails is repeated soon, and then less and less often; repositories that alone could
/// not be listed are tried again by themselves, without the others.
struct InventoryRhythm: Sendable {
    /// Between two whole passes.
    let interval: Span
    private var failures = 0
    private var left: [RepositoryName] = []
    private var retries = 0
    private var nextWhole: Timestamp?

    init(interval: Span) { self.interval = interval }

    enum Work: Sendable, Equatable {
        case whole
        /// Only what could not be listed before.
        case again([RepositoryName])
    }

    func work(at time: Timestamp) -> Work {
        guard let nextWhole, time < nextWhole, !left.isEmpty else { return .whole }
        return .again(left)
    }

    /// After a whole pass; `left` could not be listed.
    ///
    /// - Returns: the pause.
    mutating func listed(besides left: [RepositoryName], at time: Timestamp) -> Span {
        failures = 0
        // What is still the same goes on getting rarer.
        if left != self.left { retries = 0 }
        self.left = left
        nextWhole = time + interval
        return pause(at: time)
    }

    /// After what was left was tried again.
    mutating func listedAgain(besides left: [RepositoryName], at time: Timestamp) -> Span {
        self.left = left
        retries += 1
        return pause(at: time)
    }

    /// After a pass that the whole registry made fail.
    mutating func failed(at time: Timestamp) -> Span {
        failures += 1
        nextWhole = nil
        let longest = max(Self.firstPause, min(interval, Self.longestPause))
        return Self.doubled(Self.firstPause, failures - 1, atMost: longest)
    }

    private func pause(at time: Timestamp) -> Span {
        guard let nextWhole else { return interval }
        let untilWhole = max(nextWhole - time, .zero)
        guard !left.isEmpty else { return untilWhole }
        return min(untilWhole, Self.doubled(Self.firstRetry, retries, atMost: interval))
    }

    private static func doubled(_ span: Span, _ times: Int, atMost longest: Span) -> Span {
        guard times < 20 else { return longest }
        return min(longest, Span(milliseconds: span.milliseconds << Int64(times)))
    }

    /// A registry that restarts is back soon.
    private static let firstPause = Span.seconds(5)
    /// Often enough once it is back; a listing of a large one is no small load.
    private static let longestPause = Span.minutes(10)
    private static let firstRetry = Span.minutes(1)
}
