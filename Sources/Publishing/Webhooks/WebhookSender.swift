package import AccessLedger
package import CurlTransport
package import Logging
package import RegistryModel

/// Tells one webhook what happens: in order, again and again until it is taken, for a day.
///
/// What is to be sent and how often it failed is in the ledger, so a kill costs nothing but that an
/// event may be sent twice, with one id. It waits for no other webhook, and nobody waits for it.
package struct WebhookSender: Sendable {
    /// What is to be done after a step.
    package enum Step: Sendable, Equatable {
        /// There may be more to send.
        case again
        /// Nothing is due for so long; nil until there are events behind this place.
        case wait(Span?, after: Int64)
        /// Nothing is to be sent any more.
        case stopped
    }

    package let webhook: Webhook
    private let ledger: Ledger
    private let transport: any HTTPTransport
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let chance: @Sendable () -> Double

    /// `chance` draws from 0 to 1, for pauses.
    package init(
        _ webhook: Webhook,
        ledger: Ledger,
        transport: any HTTPTransport,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        chance: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.webhook = webhook
        self.ledger = ledger
        self.transport = transport
        var logger = logger
        logger[metadataKey: "webhook"] = "\(webhook.name)"
        self.logger = logger
        self.now = now
        self.chance = chance
    }

    /// Takes in what is new, and makes one attempt where one is due.
    package func step() async throws -> Step {
        guard let state = try await ledger.webhook(webhook.name), state.stoppedAt == nil else {
            return .stopped
        }
        let place = try await takeIn(after: state.place, of: state.id)
        let time = now()
        let pause = state.nextAt - time
        // A longer one than is ever made comes from a clock that was put back.
        if pause > .zero, pause <= Self.longestPause { return .wait(pause, after: place) }
        guard let delivery = try await ledger.dueDelivery(of: state.id, at: time) else {
            let next = try await ledger.nextDelivery(of: state.id)
            return .wait(next.map { $0 - time }, after: place)
        }
        let event = CloudEvent(DockerEvent(delivery.event), source: webhook.source)
        switch await attempt(event) {
        case .delivered: try await delivered(delivery, state)
        case .refused(let problem): try await refused(delivery, state, problem)
        case .unreached(let problem, let least): try await unreached(state, problem, least)
        case .gone(let problem):
            try await ledger.stopped(state.id, problem: problem, at: now())
            logger.error("webhook wants no more", metadata: ["reason": "\(problem)"])
        case .cancelled: throw CancellationError()
        }
        return .again
    }

    /// Sends an event once, and tells how that ended.
    package func attempt(_ event: CloudEvent) async -> WebhookOutcome {
        let request = webhook.request(for: event, at: now())
        let result: Result<HTTPResponse, TransportError>
        do {
            result = .success(try await transport.send(request))
        } catch {
            result = .failure(error)
        }
        return WebhookOutcome(result, at: now())
    }

    /// Queues new events that the webhook wants, and returns the place that was read up to.
    private func takeIn(after place: Int64, of webhookId: Int64) async throws -> Int64 {
        var place = place
        while true {
            let events = try await ledger.events(after: place, limit: Self.batch)
            guard let last = events.last else { return place }
            try await ledger.queue(
                events.filter { webhook.filter.matches($0.event) }.map(\.id),
                for: webhookId,
                upTo: last.id,
                at: now()
            )
            place = last.id
        }
    }

    // MARK: Outcomes

    private func delivered(_ delivery: WebhookDelivery, _ state: WebhookState) async throws {
        try await ledger.delivered(delivery.event.id, to: state.id, at: now())
        if state.attempts > 0 { logger.notice("webhook is reached again") }
    }

    private func refused(
        _ delivery: WebhookDelivery,
        _ state: WebhookState,
        _ problem: String
    ) async throws {
        let time = now()
        let pause = WebhookPause.span(
            after: delivery.attempts + 1,
            longest: WebhookPause.longestForOne,
            chance: chance(),
            atLeast: nil
        )
        let given = try await ledger.refused(
            delivery.event.id,
            by: state.id,
            problem: problem,
            nextAt: time + pause,
            patience: Self.patience,
            at: time
        )
        logger.warning(
            "webhook refuses an event",
            metadata: ["event": "\(delivery.event.id)", "reason": "\(problem)"]
        )
        complain(of: given, problem)
    }

    private func unreached(
        _ state: WebhookState,
        _ problem: String,
        _ least: Span?
    ) async throws {
        let time = now()
        let pause = WebhookPause.span(
            after: state.attempts + 1,
            longest: WebhookPause.longestForAll,
            chance: chance(),
            atLeast: least
        )
        let given = try await ledger.unreached(
            state.id,
            problem: problem,
            nextAt: time + pause,
            patience: Self.patience,
            at: time
        )
        // Once for a time of failing; `lastpull webhooks` has the newest reason.
        if state.attempts == 0 {
            logger.warning(
                "webhook not reached; events wait for it",
                metadata: ["reason": "\(problem)"]
            )
        }
        complain(of: given, problem)
    }

    private func complain(of given: Int, _ problem: String) {
        guard given > 0 else { return }
        logger.error(
            "events given up; `lastpull webhooks --failed` shows them",
            metadata: ["events": "\(given)", "reason": "\(problem)"]
        )
    }

    /// How long an event is tried before it is given up.
    package static let patience = Span.hours(24)
    private static let longestPause = Span.hours(1)
    /// Events read at once: bounds the memory.
    private static let batch = 256
}
