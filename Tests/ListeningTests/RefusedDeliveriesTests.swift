import Foundation
import Listening
import RegistryModel
import Synchronization
import TestSupport
import Testing

/// Who is refused is counted, whatever they send, and changes nothing else.
final class RefusedDeliveriesTests: Sendable {
    private let sink = FakeSink()
    private let log = LineLog()
    private let clock = Mutex(Timestamp(milliseconds: 1_772_600_767_000))

    private func requests(
        _ requests: [(path: String, headers: [String: String])],
        tokens: AccessTokens? = AccessTokens(Secret("right")),
        to refused: RefusedDeliveries
    ) async throws {
        let routes = AccessRoutes(
            sink: sink,
            tokens: tokens,
            refused: refused,
            logger: .silent,
            now: { [self] in clock.withLock { $0 } }
        )
        try await TestServer.run {
            routes.add(to: $0)
        } body: { server in
            for request in requests {
                _ = try await StreamingClient.answer(
                    port: server.port,
                    path: request.path,
                    method: "POST",
                    headers: request.headers,
                    body: Array("{}".utf8)
                )
            }
        }
    }

    private func counts(_ refused: RefusedDeliveries) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: refused.take().map {
                ("\($0.registry ?? "-") \($0.reason) \($0.address) \($0.name)", $0.count)
            }
        )
    }

    @Test func countsEachReasonOfEachRegistry() async throws {
        let refused = RefusedDeliveries(logger: log.logger)
        let wrong = ["Authorization": "Bearer wrong"]
        try await requests(
            [
                ("/hooks/local", wrong), ("/logs/local", wrong), ("/hooks/local/wrong", [:]),
                ("/logs/local/_bulk", [:]),
                (
                    "/hooks/local",
                    ["X-Hub-Signature-256": "sha256=\(String(repeating: "0", count: 64))"]
                ),
                ("/hooks/other", ["Authorization": "Bearer right"]),
            ],
            to: refused
        )
        #expect(
            counts(refused) == [
                "local wrongToken 127.0.0.1 ": 3, "local missingToken 127.0.0.1 ": 1,
                "local wrongSignature 127.0.0.1 ": 1, "- unknownRegistry 127.0.0.1 other": 1,
            ]
        )
        #expect(sink.deliveries.isEmpty)
        #expect(counts(refused) == [:])
    }

    // Names that nobody knows are chosen by whoever sends.
    @Test func namesThatNobodyKnowsCountTogether() async throws {
        let refused = RefusedDeliveries(logger: log.logger)
        let names = (0..<40).map { ("/hooks/name\($0)", [String: String]()) }
        try await requests(names, to: refused)
        #expect(counts(refused) == ["- missingToken 127.0.0.1 ": 40])
        try await requests(names + [("/logs/a%1B%22", [:])], tokens: nil, to: refused)
        let news = refused.take()
        #expect(news.count == 1 && news.first?.reason == .unknownRegistry)
        #expect(log.lines.count == 2)
    }

    // The token in the place of the name is a mistake that happens.
    @Test func aTokenInThePlaceOfTheNameIsNotShown() async throws {
        let refused = RefusedDeliveries(logger: log.logger)
        try await requests([("/hooks/right", ["Authorization": "Bearer right"])], to: refused)
        #expect(counts(refused) == ["- unknownRegistry 127.0.0.1 ": 1])
    }

    @Test func saysItOnceAMinute() async throws {
        let refused = RefusedDeliveries(logger: log.logger)
        try await requests([("/hooks/local", [:]), ("/hooks/local", [:])], to: refused)
        #expect(log.lines == ["warning: delivery refused"])
        clock.withLock { $0 = $0 + .seconds(59) }
        try await requests([("/hooks/local", [:])], to: refused)
        #expect(log.lines.count == 1)
        clock.withLock { $0 = $0 + .seconds(1) }
        try await requests([("/hooks/local", [:])], to: refused)
        #expect(log.lines.count == 2)
        // A clock that was set back.
        clock.withLock { $0 = $0 - .hours(5) }
        try await requests([("/hooks/local", [:])], to: refused)
        #expect(log.lines.count == 3)
        #expect(counts(refused) == ["local missingToken 127.0.0.1 ": 5])
    }

    @Test func whatIsGivenBackIsNotLost() async throws {
        let refused = RefusedDeliveries(logger: log.logger)
        try await requests([("/hooks/local", [:])], to: refused)
        let taken = refused.take()
        try await requests([("/hooks/local", [:])], to: refused)
        refused.giveBack(taken)
        #expect(counts(refused) == ["local missingToken 127.0.0.1 ": 2])
    }
}
