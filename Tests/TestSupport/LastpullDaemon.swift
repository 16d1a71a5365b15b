import Foundation

/// `lastpull serve` as a process of its own, on a port and a ledger that outlive its restarts.
///
/// The port is known before the start, so that a registry can be told where to send its events.
/// The process and its files go with the last reference, however the test ends.
package actor LastpullDaemon {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package nonisolated let url: String
    package nonisolated let ledger: String
    /// The settings file; for commands that run beside the daemon.
    package nonisolated let configuration: String

    private nonisolated let folder: TemporaryFolder
    private nonisolated let host: String
    private nonisolated let environment: [String: String]
    private var process: ChildProcess?

    /// Takes a port and a folder, and starts nothing yet.
    ///
    /// `environment` is set on top of this process's own, for what `run` runs, too.
    package init(environment: [String: String] = [:]) throws {
        self.environment = environment
        host = "127.0.0.1:\(try LoopbackPort.free())"
        url = "http://\(host)"
        folder = try TemporaryFolder()
        ledger = folder.file("ledger.sqlite")
        configuration = folder.file("lastpull.yaml")
    }

    /// Where `registry` sends its notifications.
    package nonisolated func hook(_ registry: String) -> String { "\(url)/hooks/\(registry)" }

    /// Writes the settings file: `listen` and `ledger`, then `settings`, which has the rest.
    package nonisolated func configure(_ settings: String) throws {
        try folder.write(
            "listen: \(host)\nledger: \(ledger)\n\(settings)\n",
            to: "lastpull.yaml"
        )
    }

    /// Starts it with `settings`, and returns when it is ready.
    package func start(settings: String) async throws {
        try configure(settings)
        try await start()
    }

    /// Starts it with the settings it has, and returns when `GET /readyz` answers 200.
    package func start() async throws {
        guard process == nil else { throw HarnessError("lastpull \(host) runs already") }
        let process = try ChildProcess(
            Lastpull.binary,
            ["serve", "--config", configuration],
            environment: environment,
            output: folder.file("output.log"),
            errors: folder.file("errors.log")
        )
        self.process = process
        do {
            try await eventually("GET \(url)/readyz answers 200", within: .seconds(30)) {
                try process.checkIsRunning()
                return try await LoopbackHTTP.get("\(url)/readyz").status == 200
            }
        } catch {
            self.process = nil
            throw HarnessError("lastpull \(host) did not start: \(error): \(log.suffix(2_000))")
        }
    }

    /// Ends it with SIGTERM and returns its exit status; nil when it did not run.
    @discardableResult
    package func terminate(within limit: Duration = .seconds(30)) async throws -> Int32? {
        let status = try await process?.terminate(within: limit)
        process = nil
        return status
    }

    /// Ends it with SIGKILL.
    package func kill() async throws {
        try await process?.kill()
        process = nil
    }

    /// Kills it at once if it runs, without waiting for a step to end, and starts it again.
    package func killAndRestart() async throws {
        try await kill()
        try await start()
    }

    /// Waits until it ends by itself and returns its exit status.
    package func waitForEnd(within limit: Duration) async throws -> Int32? {
        let status = try await process?.wait(within: limit)
        process = nil
        return status
    }

    /// Sends it a signal, such as SIGSTOP.
    package func send(_ signal: Int32) { process?.send(signal) }

    /// The process's id, for looking at its memory; nil when it does not run.
    package var processID: Int32? { process?.id }

    /// All it wrote to standard error so far, of every start.
    package nonisolated var log: String { folder.text(of: "errors.log") }

    /// Runs a command on the same settings and ledger, beside the daemon or without it.
    package nonisolated func run(
        _ arguments: String...,
        within limit: Duration = .seconds(60)
    ) async throws -> Command.Result {
        try await Lastpull.run(
            arguments + ["--config", configuration],
            environment: environment,
            within: limit
        )
    }
}
