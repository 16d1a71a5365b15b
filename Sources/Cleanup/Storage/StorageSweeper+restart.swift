import AccessLedger
import Foundation
import Logging
import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Has the registry restarted by the command that the operator named, so that it forgets.
    ///
    /// A restart takes along the events that the registry has not delivered, so where somebody
    /// listens a probe that was sent after `began` must have come back first. A command that ends
    /// well and leaves a process of before `taken` running has restarted nothing.
    ///
    /// - Returns: Nil where the registry was restarted, else why not.
    func restart(
        _ target: CleanupTarget,
        _ root: StorageRoot,
        beganAt began: Timestamp,
        takenAt taken: MachineMoment?
    ) async throws -> String? {
        guard let program = target.afterSweep.first else { return "no afterSweep is set" }
        guard try await isQueueDelivered(target, since: began) else {
            return "no probe came back, so a restart could lose events; afterSweep was not run"
        }
        let result = try await offPool { try Self.run(program, target.afterSweep.dropFirst()) }
        logger.notice(
            "ran afterSweep",
            metadata: [
                "registry": "\(target.row.name)", "command": "\(target.afterSweep)",
                "status": "\(result.status)", "output": "\(result.output)",
            ]
        )
        guard result.status == 0 else {
            return "afterSweep \(target.afterSweep.joined(separator: " ")) ended with status "
                + "\(result.status); run it by hand"
        }
        guard let old = try await remaining(root, since: taken) else { return nil }
        return "afterSweep \(target.afterSweep.joined(separator: " ")) ended well, and registry "
            + "process \(old) of before it still runs; make it restart that one"
    }

    /// A registry process on this machine that is not proven to have begun after a moment; nil where
    /// there is none, or none can be seen.
    ///
    /// A command may end a little before what it stops.
    private func remaining(_ root: StorageRoot, since taken: MachineMoment?) async throws -> Int32?
    {
        var old: Int32?
        for _ in 0..<Self.looksForOld {
            old =
                RegistryPresence.onStorage(root).processes
                .first { !$0.wasStarted(after: taken) }?.pid
            if old == nil { return nil }
            try await Task.sleep(for: .milliseconds(100))
        }
        return old
    }

    /// A tenth of a second apart.
    private static let looksForOld = 30

    /// Whether nobody listens here, or what was sent before `taken` has arrived.
    private func isQueueDelivered(
        _ target: CleanupTarget,
        since taken: Timestamp
    ) async throws -> Bool {
        for _ in 0..<Self.looks(target.probeInterval) {
            guard let beat = try await ledger.lastHeartbeat(),
                now() - beat < Self.longestSilence
            else { return true }
            let covered = try await ledger.coverage(of: target.row, since: taken).covered
            if covered.contains(where: { ($0.to ?? $0.from) >= taken }) { return true }
            try await Task.sleep(for: .seconds(1))
        }
        return false
    }

    /// A second apart: two probes and a little.
    private static func looks(_ interval: Span) -> Int64 {
        (interval.milliseconds * 2) / 1_000 + 30
    }

    /// A daemon writes a heartbeat every five seconds.
    private static let longestSilence = Span.seconds(30)

    private static func run(
        _ program: String,
        _ arguments: ArraySlice<String>
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = try output.fileHandleForReading.read(upToCount: longestOutput) ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    /// Bytes of what the command says that go into the log.
    private static let longestOutput = 4_096
}
