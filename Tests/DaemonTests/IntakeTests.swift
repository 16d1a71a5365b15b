import AccessLedger
import Daemon
import Foundation
import GRDB
import RegistryModel
import Synchronization
import TestSupport
import Testing

/// What becomes of deliveries while the ledger can't take them.
struct IntakeTests {
    private let folder: TemporaryFolder
    private let ledger: Ledger
    private let intake: Intake

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.file("ledger.sqlite"), patience: Self.patience)
        intake = Intake(
            ledger: ledger,
            registries: [try await ledger.registry(named: "local")],
            ignoring: AccessIgnoreList(),
            now: { Timestamp(milliseconds: 1_772_600_767_123) },
            onCommit: { _ in }
        )
    }

    private final class Flag: Sendable {
        let value = Mutex(false)
    }

    private static let patience = Duration.milliseconds(300)
    private static let count: UInt64 = 40

    private static func body(_ number: UInt64) throws -> DecodedBody {
        var body = DecodedBody()
        body.accesses = [
            Access(
                key: EventKey(high: 1, low: number),
                time: Timestamp(milliseconds: 1_772_600_767_000),
                class: .pull,
                repository: try #require(RepositoryName("team/api")),
                digest: Digest(hashing: Array("\(number)".utf8))
            )
        ]
        return body
    }

    /// Another process that is writing, until it is told to end.
    private func writer() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: ledger.path, configuration: configuration)
        try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        return other
    }

    // A sender has given up long before the ledger does, and sends again: what waits would grow.
    @Test func nobodyWaitsBehindACommitThatTakesLong() async throws {
        let slow = try Ledger(path: ledger.path)
        let intake = Intake(
            ledger: slow,
            registries: [try await slow.registry(named: "local")],
            ignoring: AccessIgnoreList(),
            now: { Timestamp(milliseconds: 1_772_600_767_123) },
            patience: .milliseconds(500),
            onCommit: { _ in }
        )
        let other = try writer()
        let service = Task { try await intake.run() }
        let isRefused = Flag()
        var sent: [Task<Int, any Error>] = []
        try await eventually("what comes is refused", within: .seconds(15)) {
            let number = UInt64(sent.count)
            sent.append(
                Task { [intake] in
                    do {
                        return try await intake.record(
                            Self.body(number),
                            from: .events,
                            of: "local",
                            isRepeatable: true
                        ).accepted
                    } catch IntakeError.busy {
                        isRefused.value.withLock { $0 = true }
                        return 0
                    }
                }
            )
            return isRefused.value.withLock(\.self)
        }
        // What nobody sends again is never refused.
        let patient = Task { [intake] in
            try await intake.record(Self.body(1_000), from: .log, of: "local").accepted
        }
        // What waited is refused, too; only the commit under way goes on.
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        var accepted = 0
        for task in sent { accepted += try await task.value }
        #expect(try await patient.value == 1)
        #expect(accepted >= 1 && accepted < sent.count)
        for number in sent.indices {
            let body = try Self.body(UInt64(number))
            accepted += try await intake.record(body, from: .events, of: "local").accepted
        }
        #expect(accepted == sent.count)
        service.cancel()
        try await service.value
    }

    // Tried one after the other, the last would be answered after forty times the patience; its
    // sender has given up long before.
    @Test func aBusyLedgerIsToldToAllThatWaitTogether() async throws {
        let other = try writer()
        let service = Task { try await intake.run() }
        let clock = ContinuousClock()
        let began = clock.now
        let kinds = await withTaskGroup(of: LedgerError.Kind?.self) { group in
            for number in 0..<Self.count {
                group.addTask {
                    do {
                        _ = try await intake.record(
                            try Self.body(number),
                            from: .events,
                            of: "local"
                        )
                        return nil
                    } catch {
                        return (error as? LedgerError)?.kind
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(kinds == Array(repeating: .busy, count: Int(Self.count)))
        #expect(clock.now - began < Self.patience * Int(Self.count) / 2)

        // None of it was taken, so what is sent again counts.
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        for number in 0..<Self.count {
            let answer = try await intake.record(Self.body(number), from: .events, of: "local")
            #expect(answer.accepted == 1)
        }
        service.cancel()
        try await service.value
    }
}
