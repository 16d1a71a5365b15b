import AccessLedger
import Cleanup
import CurlTransport
import Foundation
import Logging
import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// An engine elsewhere has a clock of its own, by which it is asked.
///
/// For an end of the past that is still to come by that clock it waits.
struct EngineClockTests {
    private let folder: TemporaryFolder
    private let ledger: Ledger
    private let now = Timestamp(milliseconds: 1_772_600_767_000)
    private let id = "sha256:" + String(repeating: "a", count: 64)

    init() throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.file("ledger.sqlite"))
    }

    /// Hears a fake engine until it ends the stream, and gives its requests for events.
    private func hear(
        _ info: String,
        pulledAt time: Timestamp
    ) async throws -> (queries: [String], use: EngineUse?) {
        let engine = try await FakeEngine.start()
        if !info.isEmpty { await engine.answer("GET /info", (200, info)) }
        let event =
            #"{"Type":"image","Action":"pull","Actor":{"ID":"\#(id)"},"#
            + #""timeNano":\#(time.milliseconds * 1_000_000)}"#
        await engine.answer("GET /events", (200, ""), (200, event + "\n"))
        await engine.answer("GET /images/json", (200, "[]"))
        await engine.answer("GET /containers/json", (200, "[]"))
        let row = try await ledger.engine(named: "node")
        let client = EngineClient(
            name: "node",
            address: try #require(EngineAddress(url: engine.url)),
            transport: CurlTransport()
        )
        let now = now
        let watch = EngineUseWatch(
            target: EngineTarget(row: row, client: client, prune: [], filters: EngineFilters()),
            ledger: ledger,
            history: .days(30),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { now }
        )
        try await watch.run()
        // What came with the end of the stream is written with the next start.
        await engine.answer("GET /events", (200, ""))
        try await watch.run()
        let asked = await zip(engine.requests, engine.queries)
            .filter { $0.0 == "GET /events" }.map(\.1)
        await engine.stop()
        return (asked, try await ledger.uses(of: row)[id])
    }

    private func until(_ query: String) -> String? {
        query.split(separator: "&").first { $0.hasPrefix("until=") }.map { String($0.dropFirst(6)) }
    }

    // Ten minutes behind: asked until our time it would answer in ten minutes.
    @Test(arguments: ["2026-03-04T04:56:07.123456789Z", "2026-03-04T05:56:07.123456789+01:00"])
    func itsPastEndsByItsOwnClock(_ time: String) async throws {
        let theirs = now - .minutes(10)
        let (queries, use) = try await hear(
            #"{"SystemTime":"\#(time)"}"#,
            pulledAt: theirs - .minutes(1)
        )
        #expect(queries.first.flatMap(until) == "1772600167.123000000", "\(queries)")
        // A minute ago, and not eleven.
        let last = try #require(use?.lastUse)
        #expect(last > now - .minutes(2) && last <= now, "\(last)")
    }

    // Ahead of ours, without a word about its time, or behind a proxy that lets nobody ask.
    @Test(arguments: [
        ("", "1772600767.000000000"),
        (#"{"SystemTime":"2026-03-04T05:16:07Z"}"#, "1772601367.000000000"),
        (#"{"SystemTime":"soon"}"#, "1772600767.000000000"), ("{}", "1772600767.000000000"),
    ])
    func noUseIsDatedBack(_ info: String, _ end: String) async throws {
        let (queries, use) = try await hear(info, pulledAt: now - .minutes(1))
        #expect(queries.first.flatMap(until) == end, "\(queries)")
        #expect(use?.lastUse == now - .minutes(1))
    }
}
