import Foundation

/// A real registry (distribution) on loopback, with its storage in a temporary folder.
///
/// It can be stopped, killed and started again on the same port and storage, with other options.
/// The process and its files go with the last reference, however the test ends.
package actor RealRegistry {
    /// `127.0.0.1:PORT`, as image references begin.
    package nonisolated let host: String
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package nonisolated let url: String
    /// The filesystem driver's root: the folder that holds `docker/registry/v2`.
    package nonisolated let storage: String
    package private(set) var options: Options

    private nonisolated let folder: TemporaryFolder
    private let binary: String
    private var process: ChildProcess?

    /// Starts a registry and returns it when it answers.
    package static func start(_ options: Options = Options()) async throws -> RealRegistry {
        let registry = try RealRegistry(options)
        try await registry.start()
        return registry
    }

    /// Takes a port and a folder, and starts nothing yet.
    package init(_ options: Options = Options()) throws {
        guard let binary = Self.binary else {
            throw HarnessError("no docker-registry on PATH; install Debian's docker-registry")
        }
        self.binary = binary
        self.options = options
        host = "127.0.0.1:\(try LoopbackPort.free())"
        url = "http://\(host)"
        folder = try TemporaryFolder()
        storage = options.root ?? folder.file("storage")
    }

    /// Starts it, and returns when `GET /v2/` answers; throws with the log when it ends before.
    package func start() async throws {
        guard process == nil else { throw HarnessError("registry \(host) runs already") }
        let settings = options.configuration(host: host, storage: storage)
        let process = try ChildProcess(
            binary,
            ["serve", folder.write(settings, to: "config.yml")],
            environment: ["OTEL_TRACES_EXPORTER": "none"],
            output: folder.file("access.log"),
            errors: folder.file("registry.log")
        )
        self.process = process
        do {
            try await eventually("GET \(url)/v2/ answers", within: .seconds(30)) {
                try process.checkIsRunning()
                let status = try await LoopbackHTTP.get("\(url)/v2/").status
                return status == 200 || status == 401
            }
        } catch {
            self.process = nil
            throw HarnessError("registry \(host) did not start: \(error): \(log.suffix(2_000))")
        }
    }

    /// Ends it with SIGTERM; events that it has not delivered are lost, as distribution does.
    package func stop() async throws {
        try await process?.terminate()
        process = nil
    }

    /// Ends it with SIGKILL.
    package func kill() async throws {
        try await process?.kill()
        process = nil
    }

    /// Stops it and starts it again, with the options as `change` leaves them.
    package func restart(changing change: (inout Options) -> Void = { _ in }) async throws {
        try await stop()
        change(&options)
        try await start()
    }

    /// All access lines so far, of every start; empty with the access log off.
    package nonisolated var accessLog: String { folder.text(of: "access.log") }

    /// All that the registry itself logged so far, of every start.
    package nonisolated var log: String { folder.text(of: "registry.log") }

    /// Whether tests on a real registry can run here.
    package static var isInstalled: Bool { binary != nil }

    /// `REGISTRY_BINARY` names another build, to run the same tests on another version.
    package static var binary: String? {
        Command.environment["REGISTRY_BINARY"] ?? Command.find("docker-registry", "registry")
    }
}
