import AccessLedger
import Foundation
import GRDB
import RegistryModel
import TestSupport
import Testing

/// The file under a daemon that somebody moves, removes, replaces or restores.
struct LedgerDisplacementTests {
    private let fixture: LedgerFixture
    private var ledger: Ledger { fixture.ledger }
    private var path: String { fixture.ledger.path }

    init() async throws {
        fixture = try await LedgerFixture()
        try await ledger.heartbeat(at: fixture.now)
        try ledger.guardFile()
    }

    private func move(_ from: String, _ to: String) throws {
        try #require(rename(from, to) == 0)
    }

    private func expectRefusal(
        _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let record = await #expect(throws: LedgerError.self, sourceLocation: sourceLocation) {
            _ = try await fixture.record([fixture.access(.pull, "image")])
        }
        #expect(record?.kind == .displaced, sourceLocation: sourceLocation)
        #expect(record?.description.contains(reason) == true, sourceLocation: sourceLocation)
        let write = await #expect(throws: LedgerError.self, sourceLocation: sourceLocation) {
            try await ledger.heartbeat(at: fixture.now)
        }
        #expect(write?.kind == .displaced, sourceLocation: sourceLocation)
        #expect(
            ledger.displacement?.contains(reason) == true,
            sourceLocation: sourceLocation
        )
    }

    /// How many heartbeats a file has counted, by itself, without a log beside it.
    private func beats(_ path: String) throws -> Int64? {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
            return try Int64.fetchOne(db, sql: "SELECT beats FROM serving")
        }
    }

    private func heartbeats(_ count: Int) async throws {
        for _ in 0..<count { try await ledger.heartbeat(at: fixture.now) }
    }

    @Test func allIsWellWhileItIsWrittenAndCarriedOver() async throws {
        for _ in 0..<3 {
            _ = try await fixture.record([fixture.access(.pull, "image")])
            try await heartbeats(3)
            // Another process carries the log over, too.
            let other = try DatabaseQueue(path: path)
            try await other.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try other.close()
            #expect(ledger.displacement == nil)
        }
    }

    @Test(arguments: ["moved", "removed"])
    func whatIsNotThereIsNotWrittenTo(how: String) async throws {
        let away = path + ".away"
        try await heartbeats(4)
        if how == "moved" { try move(path, away) } else { try #require(unlink(path) == 0) }
        try await expectRefusal("not there any more")
        ledger.letGo()
        guard how == "moved" else { return }
        // It is whole, though its log was left behind.
        #expect(try beats(away) == 5)
        try move(away, path)
        #expect(ledger.displacement == nil)
        _ = try await fixture.record([fixture.access(.pull, "image")])
    }

    @Test func whatIsPutInItsPlaceIsLeftAlone() async throws {
        let (backup, away) = (path + ".backup", path + ".away")
        try await ledger.backup(to: backup)
        try await heartbeats(4)
        try move(path, away)
        try move(backup, path)
        try await expectRefusal("another file")
        ledger.letGo()
        #expect(try beats(path) == 1)
        #expect(try beats(away) == 5)
    }

    // With `cp` it stays the same file, and the log of the former content would be carried into it.
    @Test(arguments: ["backup", "copy"])
    func whatIsRestoredInPlaceIsNotWrittenOver(how: String) async throws {
        let copy = path + ".copy"
        if how == "backup" {
            try await ledger.backup(to: copy)
        } else {
            try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: copy))
        }
        try await heartbeats(4)
        // A copy of the file is older than it once the log was carried over.
        try ledger.guardFile()
        try await heartbeats(4)
        let bytes = try Data(contentsOf: URL(filePath: copy))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: bytes)
        try file.close()
        try await expectRefusal("written over")
        ledger.letGo()
        // The log of what it was would be taken for its own.
        #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
        #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
        #expect(try beats(copy) == 1)
    }
}
