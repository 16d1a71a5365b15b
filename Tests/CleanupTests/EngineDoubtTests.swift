import AccessLedger
import Cleanup
import CurlTransport
import Foundation
import Logging
import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// A prune of an engine by hand, after the clock has leapt.
struct EngineDoubtTests {
    private static let start = Timestamp(milliseconds: 1_772_600_767_000)
    private static let machine = MachineMoment(boot: "first", uptime: 50_000)
    private let folder: TemporaryFolder
    private let ledger: Ledger

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.file("ledger.sqlite"))
        try await ledger.beginListening(at: Self.start, machine: Self.machine)
    }

    /// Prunes a container that was made when the clock was right, three hours later by the clock.
    private func plan(until: String?, waivesClock: Bool = false) async throws -> RunRecord {
        let engine = try await FakeEngine.start()
        let made = Self.start.milliseconds / 1_000
        for list in ["/images/json", "/networks"] {
            await engine.answer("GET \(list)", (200, "[]"))
        }
        await engine.answer("GET /volumes", (200, #"{"Volumes":null}"#))
        await engine.answer("GET /system/df", (200, #"{"LayersSize":0,"BuildCache":[]}"#))
        await engine.answer(
            "GET /containers/json",
            (200, #"[{"Id":"a","Names":["/old"],"State":"exited","Created":\#(made)}]"#)
        )
        let client = EngineClient(
            name: "node",
            address: try #require(EngineAddress(url: engine.url)),
            transport: CurlTransport()
        )
        var filters = EngineFilters()
        if let until { try filters.add("until", until, on: .ofMachine) }
        var request = EnginePruner.Request(
            cause: .init(name: "prune"),
            parts: [.containers],
            filters: filters
        )
        request.waivesClock = waivesClock
        let pruner = EnginePruner(
            ledger: ledger,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Self.start + .hours(3) },
            machine: { Self.machine }
        )
        let target = EngineTarget(
            row: try await ledger.engine(named: "node"),
            client: client,
            prune: [],
            filters: EngineFilters()
        )
        let run = try await pruner.plan(request, of: target)
        await engine.stop()
        return run
    }

    // By the leap it is old; nobody knows whether it is.
    @Test func nothingGoesByItsAge() async throws {
        let run = try await plan(until: "1h")
        #expect(run.engine.isEmpty && run.keptReasons == ["clockInDoubt": 1])
        #expect(run.note.contains("the clock leapt from"), "\(run.note)")
    }

    // What goes by no age goes whatever time it is, and so does what was asked for with `--now`.
    @Test(arguments: [(nil, false), ("2026-03-04T06:00:00Z", false), ("1h", true)])
    func theRestGoes(until: String?, waivesClock: Bool) async throws {
        let run = try await plan(until: until, waivesClock: waivesClock)
        #expect(run.engine.count == 1 && run.keptReasons.isEmpty, "\(run)")
        #expect(!run.note.contains("clock"), "\(run.note)")
    }
}
