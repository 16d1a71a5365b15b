import Logging
import Publishing
import TestSupport
import Testing

struct EventHubTests {
    private let outbox = MemoryOutbox()

    private func hub(
        _ interval: Duration = .milliseconds(5),
        _ log: LineLog = LineLog()
    ) -> EventHub {
        EventHub(outbox: outbox.outbox, interval: interval, logger: log.logger)
    }

    @Test func allWhoWaitAreWokenByOneEvent() async throws {
        let hub = hub()
        async let first = hub.next(after: 0)
        async let second = hub.next(after: 0)
        try await eventually("both wait") { await hub.waiting == 2 }
        outbox.append(Samples.event())
        #expect(await [first, second] == [.events(through: 1), .events(through: 1)])
    }

    /// The outbox is polled for nobody.
    @Test func nobodyWaitingMeansNoLooks() async throws {
        let hub = hub()
        await hub.wake()
        #expect(outbox.looks == 0)
        #expect(await hub.next(after: 0, within: .milliseconds(20)) == .timeout)
        let looks = outbox.looks
        #expect(looks > 0)
        await hub.wake()
        #expect(outbox.looks == looks)
    }

    /// With an interval of an hour only the poke can end the wait.
    @Test func aPokeDoesNotWaitForTheNextLook() async throws {
        let hub = hub(.seconds(3_600))
        async let wake = hub.next(after: 0)
        try await eventually("it waits") { await hub.waiting == 1 }
        outbox.append(Samples.event())
        await hub.wake()
        #expect(await wake == .events(through: 1))
        await hub.close()
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let hub = hub()
        let task = Task { await hub.next(after: 0) }
        try await eventually("it waits") { await hub.waiting == 1 }
        task.cancel()
        #expect(await task.value == .closed)
        #expect(await hub.waiting == 0)
    }

    @Test func closingEndsAllWaitsForGood() async throws {
        let hub = hub()
        async let wake = hub.next(after: 0)
        try await eventually("it waits") { await hub.waiting == 1 }
        await hub.close()
        #expect(await wake == .closed)
        #expect(await hub.next(after: 0) == .closed)
    }

    @Test func anOutboxThatFailsIsLoggedOnceAndTriedAgain() async throws {
        let log = LineLog()
        let hub = hub(.milliseconds(5), log)
        outbox.fail(true)
        async let wake = hub.next(after: 0)
        try await eventually("it was tried often") { outbox.looks > 5 }
        #expect(log.lines == ["error: events can't be read"])
        outbox.append(Samples.event())
        outbox.fail(false)
        #expect(await wake == .events(through: 1))
    }
}
