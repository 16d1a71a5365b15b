package import AccessLedger
import Foundation
package import Logging
import RegistryClients
package import RegistryModel

/// A registry's own garbage collector, run for it.
package struct CollectorCommand: Sendable, Equatable {
    /// The program and its arguments.
    package var command: [String]
    /// The engine in whose container it is run; nil for this machine.
    package var engine: String?
    package var container: String

    package init(command: [String], engine: String? = nil, container: String = "") {
        self.command = command
        self.engine = engine
        self.container = container
    }

    /// Whether it removes manifests without a tag; distribution 2 then takes the platforms of live
    /// indexes, too, since it looks at the tags alone.
    package var removesUntagged: Bool {
        command.contains { $0 == "-m" || $0.hasPrefix("--delete-untagged") }
    }

    package static let dryRun = "--dry-run"
}

/// Runs a registry's own collector, and measures what came back.
///
/// Such a collector looks at all content once, and then removes what it found unreferenced: a push
/// in between loses its layers. So it runs only when nobody has pushed for a while, unless the
/// operator accepts that.
package struct GarbageCollector: Sendable {
    let ledger: Ledger
    let engines: [EngineTarget]
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        engines: [EngineTarget],
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.engines = engines
        self.logger = logger
        self.now = now
    }

    /// Runs the collector of `target`, or only has it say what it would do.
    ///
    /// - Parameters:
    ///   - target: A registry with a collector.
    ///   - cause: Why.
    ///   - isDryRun: Passes `--dry-run` on, and stores a plan.
    ///   - acceptsPushes: The operator's word that a push meanwhile does not matter.
    ///   - say: Is given each line of the collector's output.
    /// - Returns: The run, failed where the collector did.
    /// - Throws: `CleanupError`, before anything runs.
    package func collect(
        _ target: CleanupTarget,
        cause: Cleaner.Cause,
        isDryRun: Bool = false,
        acceptsPushes: Bool = false,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> RunRecord {
        guard let collector = target.garbageCollect else {
            throw CleanupError.noStorage(target.row.name)
        }
        let lock = try RunLock(ledger: ledger.path, registry: target.row.name)
        defer { withExtendedLifetime(lock) {} }
        try await finishCutOff(target)
        if !isDryRun, !acceptsPushes { try await refuseBesidePushes(target) }
        var run = try newRun(cause, target)
        let before = isDryRun ? nil : try await size(target)
        run.freed = [RunFreed(kind: "blob", before: before)]
        run.state = isDryRun ? .planned : .running
        let words = collector.command + (isDryRun ? [CollectorCommand.dryRun] : [])
        if !isDryRun { try await ledger.create(run) }
        let output = Output()
        let outcome: Result<Int, any Error>
        do {
            outcome = .success(
                try await self.run(words, collector, target) { line in
                    await output.take(line)
                    logger.info("collector", metadata: ["line": "\(line)"])
                    say(line)
                }
            )
        } catch {
            outcome = .failure(error)
        }
        run.note = await note(outcome, output, target)
        let isDone = if case .success(0) = outcome { true } else { false }
        if isDryRun {
            run.state = isDone ? .planned : .failed
            if isDone { run.note = Cleaner.joined([Cleaner.onlyPlanned(run.cause), run.note]) }
            run.freed = []
            run.endedAt = now()
            try await ledger.create(run)
            return run
        }
        run.state = isDone ? .done : .failed
        return try await end(run, target, before, output, hasRun: await hasRun(outcome, output))
    }

    /// Whether the collector ran at all.
    ///
    /// What starts it ends with 126 or 127 where it can't: env(1) here, the engine in a container.
    private func hasRun(_ outcome: Result<Int, any Error>, _ output: Output) async -> Bool {
        switch outcome {
        case .success(126), .success(127): false
        case .success: true
        case .failure: await !output.last.isEmpty
        }
    }

    /// Writes the end down, with what came back, also of a collector that failed half way; of one
    /// that never ran there is no event.
    private func end(
        _ run: RunRecord,
        _ target: CleanupTarget,
        _ before: Int64?,
        _ output: Output,
        hasRun: Bool
    ) async throws -> RunRecord {
        var run = run
        var reclaimed: Int64 = 0
        if let before, let after = try? await size(target) { reclaimed = max(0, before - after) }
        try await ledger.freed(reclaimed, of: "blob", by: run.name)
        if before == nil, hasRun {
            run.note += "; what came back was not measured, since its storage is not named"
        }
        if run.state == .done, let obstacle = try await restart(target) {
            run.note += "; \(obstacle)"
        }
        var attributes = [
            "reclaimed": "\(reclaimed)", "released": "0", "registry": target.row.name,
            "run": run.name.description, "trigger": run.cause, "measured": run.measured,
            "policy": "", "items": "\(await output.eligible)", "mode": "enforce",
        ]
        if run.state == .failed { attributes["failed"] = run.note }
        let event = PruneEvent(
            type: "blob",
            action: "prune",
            actor: target.row.name,
            attributes: attributes,
            time: now()
        )
        try await ledger.set(
            run.state,
            of: run.name,
            note: run.note,
            at: now(),
            events: hasRun || reclaimed > 0 ? [event] : []
        )
        return try await ledger.run(run.name) ?? run
    }

    /// Reports runs that a kill has cut off; whether the collector went on, nobody knows.
    private func finishCutOff(_ target: CleanupTarget) async throws {
        for name in try await ledger.runs(in: .running) {
            guard let run = try await ledger.run(name), run.items.isEmpty, run.storage.isEmpty,
                run.engine.isEmpty, !run.freed.isEmpty,
                try CleanupScope(run.scope).registry == target.row.name
            else { continue }
            let note = "it was cut off; what its collector gave back is not known"
            try await ledger.set(.failed, of: name, note: note, at: now())
        }
    }

    private func newRun(_ cause: Cleaner.Cause, _ target: CleanupTarget) throws -> RunRecord {
        let time = now()
        var scope = CleanupScope()
        scope.registry = target.row.name
        scope.targets = ["storage"]
        return RunRecord(
            name: RunName(at: time),
            cause: cause.name,
            measured: cause.measured,
            scope: try scope.text,
            mode: "enforce",
            state: .planned,
            createdAt: time
        )
    }

    // MARK: Pushes

    private func refuseBesidePushes(_ target: CleanupTarget) async throws {
        let time = now()
        guard let heard = try await ledger.lastHeard(of: target.row) else {
            throw CleanupError.pushesUnknown(target.row.name)
        }
        guard time - heard < Self.longestSilence else {
            throw CleanupError.pushesUnknown(target.row.name)
        }
        if let push = try await ledger.lastPush(of: target.row), time - push < target.grace {
            throw CleanupError.pushedRecently(target.row.name, within: target.grace)
        }
    }

    /// A registry that lets nothing be heard for so long, probes included, is not listened to.
    private static let longestSilence = Span.hours(1)

    // MARK: Running

    private func run(
        _ words: [String],
        _ collector: CollectorCommand,
        _ target: CleanupTarget,
        line: @escaping @Sendable (String) async -> Void
    ) async throws -> Int {
        guard let name = collector.engine else {
            switch try await LocalCommand.run(words, line: line) {
            case .ended(let status): return status
            case .tookTooLong, .interrupted: throw CancellationError()
            }
        }
        guard let engine = engines.first(where: { $0.name == name }) else {
            throw CleanupError.unknownEngine(name)
        }
        return try await engine.client.run(words, in: collector.container, line: line)
    }

    /// What a collector said.
    private actor Output {
        private(set) var last = ""
        /// Blobs that distribution's collector names.
        private(set) var eligible = 0

        func take(_ line: String) {
            if line.contains("blob eligible for deletion:") { eligible += 1 }
            if !line.isEmpty { last = String(line.prefix(200)) }
        }
    }

    private func note(
        _ outcome: Result<Int, any Error>,
        _ output: Output,
        _ target: CleanupTarget
    ) async -> String {
        let eligible = await output.eligible
        let last = await output.last
        switch outcome {
        case .success(0): return "its collector named \(eligible) blobs"
        case .success(let status): return "its collector ended with status \(status): \(last)"
        case .failure(let error): return "its collector could not be run: \(error)"
        }
    }

    /// Has the registry restarted, whose cache does not know what is gone; says what is to be done
    /// where that is left to somebody.
    private func restart(_ target: CleanupTarget) async throws -> String? {
        guard !target.afterSweep.isEmpty else {
            return
                "restart the registry now, or set afterSweep: its cache does not know what is gone"
        }
        let logger = logger
        let outcome = try? await LocalCommand.run(
            target.afterSweep,
            within: StorageSweeper.longestRestart.duration
        ) { line in
            logger.info("afterSweep", metadata: ["line": "\(line)"])
        }
        return outcome == .ended(0) ? nil : "afterSweep failed; restart the registry by hand"
    }

    // MARK: Measuring

    /// Bytes of all files of the storage; nil where that is not on this machine.
    private func size(_ target: CleanupTarget) async throws -> Int64? {
        guard let path = target.storage else { return nil }
        return try await offPool {
            let keys: Set<URLResourceKey> = [.fileSizeKey, .isRegularFileKey]
            let files = FileManager.default.enumerator(
                at: URL(fileURLWithPath: path),
                includingPropertiesForKeys: Array(keys)
            )
            var sum: Int64 = 0
            while let file = files?.nextObject() as? URL {
                let values = try? file.resourceValues(forKeys: keys)
                if values?.isRegularFile == true { sum += Int64(values?.fileSize ?? 0) }
            }
            return sum
        }
    }
}
