import RegistryModel
import Testing

@testable import Daemon

/// When a registry is listed next, and what of it.
struct InventoryRhythmTests {
    private let start = Timestamp(milliseconds: 1_780_000_000_000)

    @Test func listsTheWholeAtItsInterval() {
        var rhythm = InventoryRhythm(interval: .hours(6))
        #expect(rhythm.work(at: start) == .whole)
        #expect(rhythm.listed(besides: [], at: start) == .hours(6))
        #expect(rhythm.work(at: start + .hours(6)) == .whole)
    }

    // A registry that restarts is back soon, and one that is gone is not asked every few seconds.
    @Test func comesBackLessAndLessOftenWhileItFails() {
        var rhythm = InventoryRhythm(interval: .hours(6))
        var seconds: [Int64] = []
        for _ in 1...10 {
            seconds.append(rhythm.failed(at: start).milliseconds / 1_000)
            #expect(rhythm.work(at: start) == .whole)
        }
        #expect(seconds == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600])
        _ = rhythm.listed(besides: [], at: start)
        #expect(rhythm.failed(at: start) == .seconds(5))
        for _ in 1...1_000 { _ = rhythm.failed(at: start) }
        #expect(rhythm.failed(at: start) == .minutes(10))
    }

    @Test func neverWaitsLongerThanAsked() {
        var rhythm = InventoryRhythm(interval: .seconds(8))
        #expect(
            [1, 2, 3].map { _ in rhythm.failed(at: start) } == [
                .seconds(5), .seconds(8), .seconds(8),
            ]
        )
    }

    // The others are not listed anew for the sake of one.
    @Test func triesAgainWhatIsLeftByItself() throws {
        let name = try #require(RepositoryName("team/b"))
        var rhythm = InventoryRhythm(interval: .minutes(10))
        var time = start
        #expect(rhythm.listed(besides: [name], at: time) == .minutes(1))
        time = time + .minutes(1)
        #expect(rhythm.work(at: time) == .again([name]))
        #expect(rhythm.listedAgain(besides: [name], at: time) == .minutes(2))
        time = time + .minutes(2)
        #expect(rhythm.listedAgain(besides: [name], at: time) == .minutes(4))
        time = time + .minutes(4)
        #expect(rhythm.listedAgain(besides: [name], at: time) == .minutes(3), "the whole is due")
        time = time + .minutes(3)
        #expect(rhythm.work(at: time) == .whole)
        #expect(rhythm.listed(besides: [], at: time) == .minutes(10))
    }
}
