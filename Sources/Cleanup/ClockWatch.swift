import AccessLedger
package import RegistryModel
import RetentionPlanning

/// Holds removals back while nobody knows whether the clock is right.
///
/// A leap makes everything old at once, for rules that go by age. So nothing goes for as long as a
/// short leap was; after others for as long as the longest such age, or as the leap where that is
/// longer: what was fresh before it has become that old by then. A day at most: somebody has noticed a
/// wrong clock by then. Only time in which a daemon serves counts, and a clock that is set right ends
/// it at once.
struct ClockWatch: Sendable {
    let ledger: Ledger
    let machine: @Sendable () -> MachineMoment?

    /// Why nothing may go at this moment; nil where the clock can be believed.
    ///
    /// `ages` is the longest age that decides what may go.
    func doubt(at now: Timestamp, ages: Span = longest) async throws -> ClockDoubt? {
        try await ledger.clockLeaps(at: now, machine: machine())
            .map { ClockDoubt($0, ages: ages) }
            .filter { $0.leap.served < $0.hold }
            .max { $0.rest < $1.rest }
    }

    /// A leap up to which removals are held back no longer than it was.
    ///
    /// It makes nothing older than that, so that nothing goes before its time. Machines that are paused
    /// for a backup make one each night.
    static let short = Span.hours(1)
    /// The longest that a leap holds removals back.
    static let longest = Span.days(1)
}

/// A leap of the clock for which removals are held back.
struct ClockDoubt: Sendable, Equatable, CustomStringConvertible {
    let leap: ClockLeap
    /// How long a daemon has to serve after it.
    let hold: Span

    init(_ leap: ClockLeap, ages: Span) {
        self.leap = leap
        let length = leap.to - leap.from
        hold =
            length <= ClockWatch.short ? length : min(ClockWatch.longest, max(length, ages))
    }

    var rest: Span { Span(milliseconds: hold.milliseconds - leap.served.milliseconds) }

    var description: String {
        "the clock leapt from \(leap.from.text) to \(leap.to.text), which the machine's own time does "
            + "not confirm: nothing goes before `lastpull serve` has run for "
            + "\(hold.inWholeSeconds) since; if the clock is wrong, set it right, which ends this at "
            + "once"
    }
}

extension PlanMaker {
    /// Why nothing of a scope may go at this moment, for people; nil where the clock can be believed.
    package func clockDoubt(_ scope: CleanupScope, _ now: Timestamp) async throws -> String? {
        let ages = policies.map { policy in
            max(
                policy.keep.pushedWithin ?? Policy.Keep.defaultPushedWithin,
                policy.untaggedAfter
            )
        }
        let asked = scope.olderThanMilliseconds.map(Span.init(milliseconds:)) ?? .zero
        let longest = ages.max() ?? Policy.Keep.defaultPushedWithin
        return try await clock.doubt(at: now, ages: max(longest, asked)).map { "\($0)" }
    }
}
