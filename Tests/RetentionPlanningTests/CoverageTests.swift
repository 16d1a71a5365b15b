import RegistryModel
import RetentionPlanning
import Testing

struct CoverageTests {
    private let now = World.now.startOfHour

    private func span(_ from: Span, _ to: Span = .zero) -> CoveredSpan {
        CoveredSpan(from: now - from, to: now - to)
    }

    @Test func nothingHeardCoversNothing() {
        let answer = Coverage(gapTolerance: .minutes(10)).answer(window: .days(1), now: now)
        #expect(!answer.isCovered)
        #expect(answer.uncovered == .days(1))
        #expect(answer.coveredSince == nil)
        #expect(answer.holdsFrom == nil)
    }

    @Test func aWindowOfNoLengthIsCovered() {
        #expect(Coverage().answer(window: .zero, now: now).isCovered)
    }

    @Test func gapsInsideTheWindowAreSummed() {
        var coverage = Coverage(gapTolerance: .minutes(10))
        coverage.spans = [
            span(.days(3), .hours(20)), span(.hours(20) + .minutes(-6), .hours(5)),
            span(.hours(5) + .minutes(-4)),
        ]
        let answer = coverage.answer(window: .days(1), now: now)
        #expect(answer.uncovered == .minutes(10))
        #expect(answer.isCovered)
        coverage.gapTolerance = .minutes(9)
        #expect(!coverage.answer(window: .days(1), now: now).isCovered)
        #expect(coverage.answer(window: .hours(10), now: now).isCovered)
    }

    @Test func overlapsCountOnce() {
        let coverage = Coverage(spans: [span(.hours(1)), span(.days(1), .minutes(30))])
        #expect(coverage.answer(window: .days(1), now: now).isCovered)
        #expect(!coverage.answer(window: .days(1) + .hours(1), now: now).isCovered)
    }

    @Test func theWindowStartsAtTheFullHour() {
        let half = now + .minutes(30)
        let coverage = Coverage(spans: [CoveredSpan(from: half - .days(1), to: half)])
        let answer = coverage.answer(window: .days(1), now: half)
        #expect(answer.uncovered == .minutes(30))
        #expect(!answer.isCovered)
        #expect(answer.holdsFrom == now + .days(0) + .hours(1))
    }

    // Tolerance is for what may have been silent, never for what was lost.
    @Test(arguments: [
        KnownLoss(from: World.ago(.hours(5)), to: World.ago(.hours(4))),
        KnownLoss(from: World.ago(.hours(5)), to: nil),
    ])
    func aLossIsNeverTolerated(loss: KnownLoss) {
        let heard = CoveredSpan(from: World.ago(.days(9)), to: World.now)
        let coverage = Coverage(spans: [heard], losses: [loss], gapTolerance: .days(9))
        let answer = coverage.answer(window: .days(1), now: World.now)
        #expect(answer.hasLoss)
        #expect(!answer.isCovered)
        #expect(answer.coveredSince == loss.to)
    }

    @Test func aLossBeforeTheWindowDoesNotMatter() {
        let loss = KnownLoss(from: now - .days(3), to: now - .days(2))
        let coverage = Coverage(spans: [span(.days(9))], losses: [loss])
        #expect(coverage.answer(window: .days(1), now: now).isCovered)
    }

    // Else a registry of which nothing was ever heard would seem to be silent. Windows reach back to the
    // full hour.
    @Test(
        arguments: [
            (.seconds(30), .seconds(18)), (.minutes(5), .minutes(30)), (.hours(1), .minutes(30)),
            (.hours(3), .minutes(90)),
        ] as [(Span, Span)]
    )
    func mostOfAWindowMustBeHeardWhateverIsTolerated(window: Span, half: Span) {
        let now = now + .seconds(36)
        var coverage = Coverage(gapTolerance: .hours(9))
        #expect(!coverage.answer(window: window, now: now).isCovered)
        coverage.spans = [CoveredSpan(from: now - .days(1), to: now - half)]
        #expect(coverage.answer(window: window, now: now).isCovered)
        coverage.spans[0].to = now - half - Span(milliseconds: 1)
        #expect(!coverage.answer(window: window, now: now).isCovered)
    }

    @Test func coverageReachesBackOverTolerableGaps() {
        var coverage = Coverage(gapTolerance: .minutes(10))
        coverage.spans = [
            span(.days(9), .days(8)), span(.days(7), .days(2)), span(.days(2) + .minutes(-8)),
        ]
        let answer = coverage.answer(window: .days(8), now: now)
        #expect(answer.coveredSince == now - .days(7))
        #expect(answer.holdsFrom == now + .days(1))
    }

    // As after an import of a log that ends an hour ago: what comes from now on is all that can count.
    @Test func whatEndedLongAgoDoesNotGoOn() {
        var coverage = Coverage(spans: [span(.days(9), .hours(1))], gapTolerance: .minutes(10))
        let answer = coverage.answer(window: .days(7), now: now)
        #expect(answer.coveredSince == now - .days(9))
        #expect(answer.coveredUntil == now - .hours(1))
        #expect(answer.holdsFrom == now + .days(7))
        // The next probe is not back yet.
        coverage.spans[0].to = now - .minutes(4)
        #expect(coverage.answer(window: .days(7), now: now).coveredUntil == nil)
    }

    // The promise of `holdsFrom`: covered from then on if nothing is missed, and not before.
    @Test func theRuleHoldsFromTheMomentThatIsSaid() throws {
        var checked = 0
        for seed in UInt64(1)...500 {
            var random = SplitMix64(state: seed)
            var coverage = Coverage(
                gapTolerance: .minutes(Int64.random(in: 0...40, using: &random))
            )
            var from = World.ago(.minutes(Int64.random(in: 10...6_000, using: &random)))
            while from < World.now {
                let to = from + .minutes(Int64.random(in: 1...900, using: &random))
                coverage.spans.append(CoveredSpan(from: from, to: to))
                from = to + .minutes(Int64.random(in: 1...30, using: &random))
            }
            if random.chance(30) {
                let loss = World.ago(.minutes(Int64.random(in: 1...3_000, using: &random)))
                coverage.losses = [KnownLoss(from: loss - .minutes(9), to: loss)]
            }
            coverage.spans.shuffle(using: &random)
            let window = Span.hours(Int64.random(in: 1...90, using: &random))
            let answer = coverage.answer(window: window, now: World.now)
            guard let holdsFrom = answer.holdsFrom else { continue }
            #expect(answer.isCovered || holdsFrom > World.now, "seed \(seed)")
            coverage.spans = coverage.spans.map {
                CoveredSpan(from: $0.from, to: min($0.to, World.now))
            }
            coverage.spans.append(CoveredSpan(from: World.now, to: World.now + .days(90)))
            #expect(coverage.answer(window: window, now: holdsFrom).isCovered, "seed \(seed)")
            let earlier = holdsFrom - Span(milliseconds: 1)
            guard earlier > World.now else { continue }
            #expect(!coverage.answer(window: window, now: earlier).isCovered, "seed \(seed)")
            checked += 1
        }
        #expect(checked > 50)
    }
}
