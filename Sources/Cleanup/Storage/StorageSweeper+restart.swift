import AccessLedger
import Logging
import RegistryModel
import RegistryStorage
import Synchronization

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
        guard !target.afterSweep.isEmpty else { return "no afterSweep is set" }
        let isDelivered = try await isQueueDelivered(target, since: began)
        guard !interruption.isRaised else { return Self.stopped }
        guard isDelivered else {
            return "no probe came back, so a restart could lose events; afterSweep was not run"
        }
        let command = target.afterSweep.joined(separator: " ")
        let (outcome, output) = try await run(target.afterSweep)
        logger.notice(
            "ran afterSweep",
            metadata: [
                "registry": "\(target.row.name)", "command": "\(target.afterSweep)",
                "outcome": "\(outcome)", "output": "\(output)",
            ]
        )
        switch outcome {
        case .ended(0): break
        case .ended(let status):
            return "afterSweep \(command) ended with status \(status); run it by hand"
        case .tookTooLong:
            return "afterSweep \(command) was ended after \(Self.longestRestart); name a command "
                + "that ends"
        case .interrupted: return Self.stopped
        }
        guard let old = try await remaining(root, since: taken) else { return nil }
        return "afterSweep \(command) ended well, and registry process \(old) of before it still "
            + "runs; make it restart that one"
    }

    private static let stopped = "lastpull was stopped before afterSweep had ended; run it by hand"

    /// A service manager waits 90 s for a service's end, and as long for its start.
    static let longestRestart = Span.minutes(5)

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
        for _ in 0..<Self.looks(target.probeInterval) where !interruption.isRaised {
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

    /// Says how it ended, and the beginning of what it said.
    private func run(
        _ command: [String]
    ) async throws -> (outcome: LocalCommand.Outcome, output: String) {
        let said = Mutex("")
        let outcome = try await LocalCommand.run(
            command,
            within: Self.longestRestart.duration,
            until: interruption
        ) { line in
            said.withLock { text in
                guard text.utf8.count < Self.longestOutput else { return }
                text += (text.isEmpty ? "" : "\n") + line.prefix(Self.longestOutput)
            }
        }
        return (outcome, said.withLock(\.self))
    }

    /// Characters of what the command says that go into the log, and a line more.
    private static let longestOutput = 4_096
}
