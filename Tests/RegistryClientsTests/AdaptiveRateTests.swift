import RegistryModel
import Testing

@testable import RegistryClients

/// The distance between requests: shorter while all is well, longer with each refusal.
struct AdaptiveRateTests {
    private let start = Timestamp(milliseconds: 1_772_600_767_000)

    /// Sends as fast as permitted to a registry that takes `permitted` a second, and no more than
    /// that at once; returns what it took and refused in `seconds`.
    private func run(
        permitted: Double,
        seconds: Int64,
        startingAt: Double = 100
    ) -> (taken: Int, refused: Int) {
        var rate = AdaptiveRate(startingAt: startingAt, now: start)
        var now = start
        let end = start + .seconds(seconds)
        var tokens = permitted
        var (taken, refused) = (0, 0)
        while now < end {
            let wait = rate.takeTurn(at: now)
            tokens = min(permitted, tokens + permitted * Double(wait.milliseconds) / 1_000)
            now = now + wait
            if tokens >= 1 {
                tokens -= 1
                taken += 1
                rate.accepted(at: now)
            } else {
                refused += 1
                rate.refused(sent: now, at: now)
                // As told: one second.
                tokens = permitted
                now = now + .seconds(1)
            }
        }
        return (taken, refused)
    }

    @Test(arguments: [10.8, 30, 200, 1_000])
    func takesNearlyAllThatIsPermittedAndIsHardlyRefused(permitted: Double) {
        let result = run(permitted: permitted, seconds: 120)
        #expect(Double(result.taken) >= permitted * 120 * 0.93, "\(result)")
        #expect(Double(result.refused) <= Double(result.taken) * 0.02, "\(result)")
    }

    @Test func manyRefusalsOfTheSameMomentAreOneFall() {
        var rate = AdaptiveRate(startingAt: 100, now: start)
        let sent = start + .seconds(1)
        let answered = sent + .seconds(1)
        rate.refused(sent: sent, at: answered)
        let fallen = rate.value
        for _ in 0..<20 { rate.refused(sent: sent, at: answered) }
        #expect(rate.value == fallen)
        #expect(fallen < 100 && fallen > 0)
    }

    @Test func neverStopsAltogether() {
        var rate = AdaptiveRate(startingAt: 100, now: start)
        var now = start
        for _ in 0..<200 {
            now = now + .seconds(10)
            rate.refused(sent: now, at: now)
        }
        let (first, second) = (rate.takeTurn(at: now), rate.takeTurn(at: now))
        #expect(first <= .seconds(5))
        #expect(second <= .seconds(10))
    }

    @Test func spreadsWhatTheRegistrySaysIsLeft() {
        var rate = AdaptiveRate(startingAt: 1_000, now: start)
        rate.told(30, of: 180, until: start + .seconds(30), now: start)
        _ = rate.takeTurn(at: start)
        let second = rate.takeTurn(at: start)
        #expect(second > Span(milliseconds: 900))
        // The window is over.
        let later = rate.takeTurn(at: start + .seconds(60))
        #expect(later == .zero)
    }
}
