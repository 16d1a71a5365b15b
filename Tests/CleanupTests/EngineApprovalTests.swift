import AccessLedger
import Cleanup
import CurlTransport
import Foundation
import Logging
import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// Approvals of what goes from an engine.
struct EngineApprovalTests {
    private let now = Timestamp(milliseconds: 1_772_600_767_000)
    private let machine = MachineMoment(boot: "first", uptime: 50_000)

    private func waitingRun(_ row: EngineRow) -> RunRecord {
        var run = RunRecord(
            name: RunName(at: now),
            cause: "disk",
            measured: "",
            scope: "{}",
            mode: "enforce",
            state: .waiting,
            createdAt: now
        )
        run.engine = [
            EngineItem(
                ordinal: 0,
                engine: row,
                kind: "image",
                subject: "sha256:" + String(repeating: "a", count: 64),
                names: ["team/api:v1"],
                reason: "notProtected"
            )
        ]
        return run
    }

    // By the leap everything was used longer ago than it was.
    @Test func nothingIsApprovedWhileTheClockIsInDoubt() async throws {
        let folder = try TemporaryFolder()
        let ledger = try Ledger(path: folder.file("ledger.sqlite"))
        let engine = try await FakeEngine.start()
        await engine.answer("GET /images/json", (200, "[]"))
        await engine.answer("GET /containers/json", (200, "[]"))
        let row = try await ledger.engine(named: "node")
        let target = EngineTarget(
            row: row,
            client: EngineClient(
                name: "node",
                address: try #require(EngineAddress(url: engine.url)),
                transport: CurlTransport()
            ),
            prune: [],
            filters: EngineFilters()
        )
        let run = waitingRun(row)
        try await ledger.create(run)
        try await ledger.beginListening(at: now, machine: machine)
        let (leapt, machine) = (now + .hours(3), machine)
        let pruner = EnginePruner(
            ledger: ledger,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { leapt },
            machine: { machine }
        )
        let error = await #expect(throws: CleanupError.self) {
            try await pruner.approve(run.name, of: target, policies: [], history: .days(30))
        }
        #expect(error.map { "\($0)".contains("the clock leapt from") } == true, "\(error as Any)")
        #expect(try await ledger.run(run.name)?.state == .waiting)
        #expect(await engine.requests.isEmpty)
        await engine.stop()
    }
}
