import AccessLedger
import CurlTransport
import Logging
import Publishing
import RegistryModel
import Synchronization
import TestSupport

/// A clock that is moved by hand.
final class HandClock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_772_600_767_123))

    var now: Timestamp { time.withLock { $0 } }

    func advance(_ span: Span) { time.withLock { $0 = $0 + span } }
}

/// Where requests go in tests without a network: each is answered as it is told to.
final class FakeTransport: HTTPTransport {
    typealias Answer = @Sendable (HTTPRequest) -> Result<HTTPResponse, TransportError>

    private struct State {
        var requests: [HTTPRequest] = []
        var answer: Answer = { _ in .success(HTTPResponse(status: 204)) }
    }

    private let state = Mutex(State())

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    /// The ids that were sent, in order.
    var ids: [String] { requests.compactMap { $0.headers["webhook-id"] } }

    func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    func answer(_ status: Int, headers: HTTPHeaders = [:]) {
        answer { _ in .success(HTTPResponse(status: status, headers: headers)) }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answer
        }
        return try answer(request).get()
    }
}

/// A ledger of its own, one webhook that is known to it, and a sender without chance.
struct WebhookScene {
    let folder: TemporaryFolder
    let ledger: Ledger
    let clock = HandClock()
    let transport = FakeTransport()
    let log = LogLines()

    static let name = "ops"

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.file("ledger.sqlite"))
        try await ledger.register(webhook: Self.name)
    }

    func sender(_ change: (inout Webhook) -> Void = { _ in }) -> WebhookSender {
        var webhook = Webhook(name: Self.name, url: Secret("https://ops.example/prune"))
        change(&webhook)
        return WebhookSender(
            webhook,
            ledger: ledger,
            transport: transport,
            logger: log.logger,
            now: { [clock] in clock.now },
            chance: { 1 }
        )
    }

    /// Writes events to the outbox, each with its number as an attribute.
    func happen(_ numbers: ClosedRange<Int>, action: String = "prune") async throws {
        try await ledger.append(numbers.map { Samples.event($0, action: action, at: clock.now) })
    }

    func state() async throws -> WebhookSummary {
        guard let state = try await ledger.webhooks().first(where: { $0.name == Self.name }) else {
            throw HarnessError("no webhook \(Self.name)")
        }
        return state
    }

    /// Steps until there is nothing to do now, and returns how long that is to be.
    @discardableResult
    func settle(_ sender: WebhookSender) async throws -> Span? {
        for _ in 0..<1_000 {
            switch try await sender.step() {
            case .again: continue
            case .wait(let span, _): return span
            case .stopped: return nil
            }
        }
        throw HarnessError("it never comes to rest")
    }

    /// The numbers of the events that were sent, in order.
    var sent: [Int] { transport.requests.compactMap { Samples.number(in: $0.body) } }
}

enum Samples {
    static func event(
        _ number: Int,
        action: String = "prune",
        at time: Timestamp = Timestamp(milliseconds: 1_772_600_767_123)
    ) -> PruneEvent {
        PruneEvent(
            type: "blob",
            action: action,
            actor: "local",
            attributes: ["registry": "local", "number": "\(number)", "reclaimed": "\(number)"],
            time: time
        )
    }

    static func docker(_ number: Int) -> DockerEvent {
        DockerEvent(id: Int64(number), event: event(number))
    }

    static func number(in body: [UInt8]?) -> Int? {
        let text = String(decoding: body ?? [], as: UTF8.self)
        return text.firstMatch(of: /"number":"(\d+)"/).flatMap { Int($0.1) }
    }
}

/// What was logged: level and message of each line, and all of it as one text.
final class LogLines: Sendable {
    private let lines = Mutex<[(line: String, whole: String)]>([])

    var messages: [String] { lines.withLock { $0.map(\.line) } }
    var text: String { lines.withLock { $0.map(\.whole).joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private func add(_ line: String, _ metadata: Logger.Metadata) {
        lines.withLock { $0.append((line, "\(line) \(metadata)")) }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.add(
                "\(event.level): \(event.message)",
                metadata.merging(event.metadata ?? [:]) { $1 }
            )
        }
    }
}
