import AccessLedger
import CurlTransport
import Foundation
import Publishing
import RegistryModel
import TestSupport
import Testing

/// Events reach a webhook in order, at least once, for a day.
struct WebhookSenderTests {
    private let scene: WebhookScene

    init() async throws { scene = try await WebhookScene() }

    @Test func sendsInOrderWhatHappens() async throws {
        try await scene.happen(1...300)
        try await scene.settle(scene.sender())
        #expect(scene.sent == Array(1...300))
        #expect(Set(scene.transport.ids).count == 300)
        let state = try await scene.state()
        #expect(state.delivered == 300)
        #expect(state.pending == 0 && state.failed == 0 && state.problem.isEmpty)
        try await scene.happen(301...301)
        try await scene.settle(scene.sender())
        #expect(scene.sent.last == 301)
    }

    // A new receiver is not told the history.
    @Test func sendsNothingFromBeforeItWasKnown() async throws {
        try await scene.happen(1...3)
        try await scene.ledger.register(webhook: "late")
        try await scene.happen(4...4)
        try await scene.settle(scene.sender { $0.name = "late" })
        #expect(scene.sent == [4])
        // To be known already changes nothing.
        try await scene.ledger.register(webhook: WebhookScene.name)
        try await scene.settle(scene.sender())
        #expect(scene.sent == [4, 1, 2, 3, 4])
    }

    @Test func sendsOnlyWhatTheFilterWants() async throws {
        try await scene.happen(1...2, action: "plan")
        try await scene.happen(3...3)
        try await scene.happen(4...4, action: "gap")
        try await scene.settle(
            scene.sender { $0.filter = EventFilter(lists: ["event": ["prune"]]) }
        )
        #expect(scene.sent == [3])
        #expect(try await scene.state().pending == 0)
    }

    @Test func aReceiverThatFailsHoldsAllUpAndGetsAllInOrder() async throws {
        scene.transport.answer(500)
        try await scene.happen(1...3)
        let sender = scene.sender()
        var pauses: [Span?] = []
        for _ in 1...4 {
            let pause = try await scene.settle(sender)
            pauses.append(pause)
            scene.clock.advance(pause ?? .zero)
        }
        #expect(pauses == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(scene.sent == [1, 1, 1, 1])
        let state = try await scene.state()
        #expect(state.pending == 3 && state.attempts == 4 && state.failures == 4)
        #expect(state.problem == "answered 500")
        #expect(state.failingSince == scene.clock.now - .seconds(15))
        scene.transport.answer(204)
        try await scene.settle(sender)
        #expect(scene.sent == [1, 1, 1, 1, 1, 2, 3])
        // The id belongs to the event, the stamp to the attempt.
        #expect(Set(scene.transport.ids.prefix(5)).count == 1)
        let stamps = scene.transport.requests.prefix(5).map { $0.headers["webhook-timestamp"] }
        #expect(Set(stamps).count == 5)
        let after = try await scene.state()
        #expect(after.attempts == 0 && after.failingSince == nil && after.problem.isEmpty)
        #expect(
            scene.log.messages == [
                "warning: webhook not reached; events wait for it",
                "notice: webhook is reached again",
            ]
        )
    }

    @Test func retryAfterIsWaitedOut() async throws {
        scene.transport.answer(429, headers: ["Retry-After": "77"])
        try await scene.happen(1...1)
        let sender = scene.sender()
        #expect(try await scene.settle(sender) == .seconds(77))
        scene.clock.advance(.seconds(76))
        #expect(try await scene.settle(sender) == .seconds(1))
        #expect(scene.sent == [1])
        scene.clock.advance(.seconds(1))
        try await scene.settle(sender)
        #expect(scene.sent == [1, 1])
    }

    // What a receiver can't take for what it is must not keep the rest from it.
    @Test func aRefusedEventDoesNotHoldUpTheOthers() async throws {
        scene.transport.answer { request in
            let isBad = Samples.number(in: request.body) == 2
            return .success(HTTPResponse(status: isBad ? 422 : 204))
        }
        try await scene.happen(1...3)
        let sender = scene.sender()
        #expect(try await scene.settle(sender) == .seconds(1))
        #expect(scene.sent == [1, 2, 3])
        scene.clock.advance(.seconds(1))
        #expect(try await scene.settle(sender) == .seconds(2))
        #expect(scene.sent == [1, 2, 3, 2])
        #expect(try await scene.state().pending == 1)
        scene.transport.answer(204)
        scene.clock.advance(.seconds(2))
        #expect(try await scene.settle(sender) == nil)
        #expect(scene.sent == [1, 2, 3, 2, 2])
    }

    // MARK: The end

    @Test func whatIsNotTakenForADayIsGivenUpAndCanBeSentAgain() async throws {
        scene.transport.answer { _ in .failure(.connectionRefused) }
        try await scene.happen(1...2)
        let sender = scene.sender()
        try await scene.settle(sender)
        // An event of the last minute is given its own day.
        scene.clock.advance(.hours(23))
        try await scene.happen(3...3)
        try await scene.settle(sender)
        #expect(try await scene.state().failed == 0)
        scene.clock.advance(.minutes(59))
        try await scene.settle(sender)
        #expect(try await scene.state().failed == 0)
        scene.clock.advance(.minutes(1))
        try await scene.settle(sender)
        var state = try await scene.state()
        #expect(state.failed == 2 && state.pending == 1)
        let failed = try await scene.ledger.failedDeliveries(of: state.id, limit: 10)
        #expect(failed.map { $0.event.event.attributes["number"] } == ["1", "2"])
        #expect(failed.allSatisfy { $0.problem.hasPrefix("connection refused") })
        #expect(failed.first?.failedAt == scene.clock.now)
        #expect(scene.log.messages.last?.hasPrefix("error: events given up") == true)

        scene.transport.answer(204)
        scene.clock.advance(.minutes(5))
        try await scene.settle(sender)
        #expect(scene.sent.last == 3)
        let place = try #require(failed.first?.event.id)
        let queued = try await scene.ledger.resend(
            webhook: state.id,
            event: place,
            at: scene.clock.now
        )
        #expect(queued == 1)
        try await scene.settle(sender)
        #expect(scene.sent.suffix(2) == [3, 1])
        state = try await scene.state()
        #expect(state.failed == 1 && state.pending == 0)
        _ = try await scene.ledger.resend(webhook: nil, event: nil, at: scene.clock.now)
        try await scene.settle(sender)
        #expect(scene.sent.suffix(3) == [3, 1, 2])
        #expect(try await scene.state().failed == 0)
    }

    @Test func aRefusedEventIsGivenUpAlone() async throws {
        scene.transport.answer(400)
        try await scene.happen(1...1)
        let sender = scene.sender()
        var attempts = 0
        while let pause = try await scene.settle(sender) {
            scene.clock.advance(pause)
            attempts += 1
            try #require(attempts < 200)
        }
        #expect(try await scene.state().failed == 1)
        #expect(attempts == scene.sent.count - 1)
        // 1 s, 2 s, … 2048 s, and then once an hour.
        #expect((30...40).contains(scene.sent.count), "\(scene.sent.count)")
    }

    @Test func goneStopsUntilTheNextStart() async throws {
        scene.transport.answer(410)
        try await scene.happen(1...2)
        let sender = scene.sender()
        #expect(try await sender.step() == .again)
        #expect(try await sender.step() == .stopped)
        scene.clock.advance(.hours(48))
        #expect(try await sender.step() == .stopped)
        var state = try await scene.state()
        #expect(state.stoppedAt != nil && state.pending == 2 && state.failed == 0)
        #expect(state.problem.hasPrefix("answered 410"))
        scene.transport.answer(204)
        try await scene.ledger.resumeWebhooks(
            [WebhookScene.name],
            lastSeen: scene.clock.now,
            at: scene.clock.now
        )
        try await scene.settle(sender)
        #expect(scene.sent == [1, 1, 2])
        state = try await scene.state()
        #expect(state.stoppedAt == nil && state.problem.isEmpty)
    }

    // MARK: Starts

    @Test func timeInWhichNobodySentIsNotHeldAgainstWhatWaits() async throws {
        scene.transport.answer(500)
        try await scene.happen(1...1)
        let sender = scene.sender()
        try await scene.settle(sender)
        scene.clock.advance(.hours(1))
        let lastSeen = scene.clock.now
        scene.clock.advance(.hours(72))
        try await scene.ledger.resumeWebhooks(
            [WebhookScene.name],
            lastSeen: lastSeen,
            at: scene.clock.now
        )
        // At once, not after the pause of a receiver that had long failed.
        try await scene.settle(sender)
        #expect(scene.sent == [1, 1])
        scene.clock.advance(.hours(22))
        try await scene.settle(sender)
        #expect(try await scene.state().failed == 0)
        scene.clock.advance(.hours(1))
        try await scene.settle(sender)
        #expect(try await scene.state().failed == 1)
    }

    @Test func aWebhookThatIsNotInTheSettingsIsForgotten() async throws {
        scene.transport.answer(500)
        try await scene.ledger.register(webhook: "other")
        try await scene.happen(1...2)
        try await scene.settle(scene.sender())
        try await scene.ledger.resumeWebhooks(["other"], lastSeen: nil, at: scene.clock.now)
        #expect(try await scene.ledger.webhooks().map(\.name) == ["other"])
        #expect(try await scene.ledger.verify() == [])
        try await scene.ledger.register(webhook: WebhookScene.name)
        scene.transport.answer(204)
        try await scene.settle(scene.sender())
        #expect(scene.sent == [1])
    }

    // Nothing is known of an attempt that was cut off, so it is made again, with the same id.
    @Test func whatIsCutOffIsSentAgain() async throws {
        scene.transport.answer { _ in .failure(.cancelled) }
        try await scene.happen(1...1)
        await #expect(throws: CancellationError.self) { try await scene.sender().step() }
        scene.transport.answer(204)
        try await scene.settle(scene.sender())
        #expect(scene.sent == [1, 1])
        #expect(Set(scene.transport.ids).count == 1)
    }

    @Test func aClockThatWasPutBackDoesNotStopIt() async throws {
        scene.transport.answer(500)
        try await scene.happen(1...1)
        let sender = scene.sender()
        try await scene.settle(sender)
        scene.clock.advance(.days(-3))
        scene.transport.answer(204)
        try await scene.settle(sender)
        #expect(scene.sent == [1, 1])
    }

    @Test func rolledOffEventsTakeTheirDeliveriesAlong() async throws {
        scene.transport.answer(500)
        try await scene.happen(1...1)
        try await scene.settle(scene.sender())
        scene.clock.advance(.days(91))
        while try await scene.ledger.rollOff(history: .days(30), now: scene.clock.now) {}
        #expect(try await scene.state().pending == 0)
        #expect(try await scene.ledger.verify() == [])
    }

    // MARK: Secrets

    @Test func nothingSecretIsLogged() async throws {
        let sender = scene.sender { webhook in
            webhook.url = Secret("https://ops.example/hunter2?token=hunter2")
            webhook.keys = [WebhookKey(Secret("hunter2hunter2hunter2hunter2"))].compactMap(\.self)
            webhook.fields = [.init(name: "Authorization", value: Secret("Bearer hunter2"))]
        }
        try await scene.happen(1...1)
        for status in [500, 302, 401, 400, 410] {
            scene.transport.answer(status, headers: ["Location": "https://a/hunter2"])
            _ = try await sender.step()
            scene.clock.advance(.hours(1))
        }
        #expect(scene.transport.requests.count == 5)
        #expect(scene.log.messages.count == 3)
        #expect(!scene.log.text.contains("hunter2"))
        #expect(try await !scene.state().problem.contains("hunter2"))
    }
}
