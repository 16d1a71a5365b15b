import Foundation

/// A real Docker Engine or Podman service, with all that it keeps in a temporary folder.
///
/// Without networks and firewall rules of its own, so that it runs beside another one. `stop` must
/// be called: what the engine has mounted goes only then.
package actor RealEngine {
    package enum Kind: String, Sendable {
        case docker
        case podman
    }

    package nonisolated let kind: Kind
    package nonisolated let socket: String
    /// Where the engine keeps everything.
    package nonisolated let dataRoot: String

    private nonisolated let folder: TemporaryFolder
    /// Podman takes at most 50 bytes for it.
    private let runRoot: String
    /// The registries that Podman trusts.
    private let registries: String
    private var process: ChildProcess?

    /// Whether a Docker Engine can be started here: as root, with what containers run.
    package static var isDockerPossible: Bool {
        geteuid() == 0 && Command.find("dockerd") != nil && Command.find("docker") != nil
            && FileManager.default.isExecutableFile(atPath: busybox)
    }

    package static var isPodmanPossible: Bool {
        geteuid() == 0 && Command.find("podman") != nil && Command.find("curl") != nil
            && FileManager.default.isExecutableFile(atPath: busybox)
    }

    /// Debian's busybox-static, which needs no other file.
    private static let busybox = "/bin/busybox"

    /// Starts an engine, hands it to `body`, and stops it however that ends.
    ///
    /// It trusts the registries at `hosts` without a certificate; Docker does so on loopback anyhow.
    package static func with(
        _ kind: Kind = .docker,
        trusting hosts: [String] = [],
        _ body: (RealEngine) async throws -> Void
    ) async throws {
        let engine = try RealEngine(kind, trusting: hosts)
        do {
            try await engine.start()
            try await body(engine)
        } catch {
            try? await engine.stop()
            throw HarnessError("\(error); the engine said: \(engine.log.suffix(1_000))")
        }
        try await engine.stop()
    }

    private init(_ kind: Kind, trusting hosts: [String]) throws {
        self.kind = kind
        folder = try TemporaryFolder()
        runRoot = "/tmp/lastpull-\(UInt32.random(in: .min ... .max))"
        let trust = hosts.map { "[[registry]]\nlocation = \"\($0)\"\ninsecure = true\n" }
        registries = try folder.write(trust.joined(), to: "registries.conf")
        socket = folder.file("engine.sock")
        dataRoot = folder.file("data")
    }

    package nonisolated var log: String { folder.text(of: "engine.log") }

    package func start() async throws {
        guard let binary = Command.find(kind == .docker ? "dockerd" : "podman") else {
            throw HarnessError("no \(kind) on PATH")
        }
        let process = try ChildProcess(
            binary,
            arguments,
            environment: ["CONTAINERS_REGISTRIES_CONF": registries],
            errors: folder.file("engine.log")
        )
        self.process = process
        try await eventually("the engine answers", within: .seconds(60)) {
            try process.checkIsRunning()
            return try await self.get("/_ping").hasPrefix("OK")
        }
    }

    private var arguments: [String] {
        switch kind {
        case .docker:
            [
                "--iptables=false", "--bridge=none", "--host", "unix://\(socket)", "--data-root",
                dataRoot, "--exec-root", folder.file("exec"), "--pidfile", folder.file("pid"),
            ]
        case .podman:
            [
                "--storage-driver", "vfs", "--root", dataRoot, "--runroot", runRoot,
                "--tmpdir", folder.file("tmp"), "--events-backend", "file",
                "--cgroup-manager", "cgroupfs",
                "system", "service", "unix://\(socket)", "--time", "0",
            ]
        }
    }

    /// Ends containers and engine.
    package func stop() async throws {
        let running = try? await docker("ps", "--quiet")
        for id in (running ?? "").split(separator: "\n") {
            _ = try? await docker("kill", String(id))
        }
        try await process?.terminate(within: .seconds(60))
        process = nil
        try? FileManager.default.removeItem(atPath: runRoot)
    }

    package func restart() async throws {
        try await stop()
        try await start()
    }

    // MARK: Talking to it

    /// Runs `docker`, and returns what it printed.
    @discardableResult
    package nonisolated func docker(_ arguments: String...) async throws -> String {
        let client = Command.find("docker") ?? "docker"
        let result = try await Command.run(client, ["--host", "unix://\(socket)"] + arguments)
        guard result.status == 0 else {
            throw HarnessError("docker \(arguments.joined(separator: " ")): \(result.errors)")
        }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The body of the answer to a GET of the API.
    package nonisolated func get(_ path: String) async throws -> String {
        try await call(["--fail", "http://engine\(path)"])
    }

    /// The body of the answer to a POST of the API, whatever its status.
    @discardableResult
    package nonisolated func post(
        _ path: String,
        json: String? = nil,
        file: String? = nil
    ) async throws -> String {
        var arguments = ["--request", "POST", "http://engine\(path)"]
        if let json {
            arguments += ["--header", "Content-Type: application/json", "--data", json]
        }
        if let file {
            arguments += [
                "--header", "Content-Type: application/x-tar", "--data-binary", "@\(file)",
            ]
        }
        return try await call(arguments)
    }

    private nonisolated func call(_ arguments: [String]) async throws -> String {
        let curl = Command.find("curl") ?? "curl"
        let result = try await Command.run(
            curl,
            ["--silent", "--show-error", "--unix-socket", socket] + arguments
        )
        guard result.status == 0 else { throw HarnessError("curl: \(result.errors)") }
        return result.output
    }

    /// Imports an image that holds busybox and random bytes, and returns its id.
    ///
    /// Without a `name` it is dangling.
    package nonisolated func importImage(
        _ name: String? = nil,
        kilobytes: Int = 500,
        changes: [String] = []
    ) async throws -> String {
        let scratch = try TemporaryFolder()
        let archive = try await Self.archive(in: scratch, kilobytes)
        switch kind {
        case .docker:
            let options = (changes + [#"CMD ["/bin/busybox","sleep","600"]"#])
                .flatMap { ["--change", $0] }
            let client = Command.find("docker") ?? "docker"
            let result = try await Command.run(
                client,
                ["--host", "unix://\(socket)", "import"] + options + [archive]
                    + [name].compactMap(\.self)
            )
            guard result.status == 0 else { throw HarnessError("import: \(result.errors)") }
            return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
        case .podman:
            let named = name.map { "&repo=\($0)" } ?? ""
            let answer = try await post("/v1.41/images/create?fromSrc=-\(named)", file: archive)
            struct Created: Decodable { let id: String }
            return try JSONDecoder().decode(Created.self, from: Data(answer.utf8)).id
        }
    }

    private static func archive(in folder: TemporaryFolder, _ kilobytes: Int) async throws -> String
    {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<kilobytes * 128).flatMap { _ in
            withUnsafeBytes(of: random.next()) { Array($0) }
        }
        try folder.write(bytes, to: "root/content")
        try folder.write("", to: "root/bin/.keep")
        try FileManager.default.copyItem(atPath: busybox, toPath: folder.file("root/bin/busybox"))
        let archive = folder.file("image.tar")
        let result = try await Command.run(
            Command.find("tar") ?? "tar",
            ["--create", "--file", archive, "--directory", folder.file("root"), "."]
        )
        guard result.status == 0 else { throw HarnessError("tar: \(result.errors)") }
        return archive
    }

    /// Bytes of all layers, as `docker system df` has them.
    package nonisolated func layers() async throws -> Int64 {
        struct Usage: Decodable {
            let layers: Int64

            private enum CodingKeys: String, CodingKey { case layers = "LayersSize" }
        }
        let answer = try await get("/v1.41/system/df")
        return try JSONDecoder().decode(Usage.self, from: Data(answer.utf8)).layers
    }

    /// The tags and, for images without one, the ids of all images.
    package nonisolated func imageNames() async throws -> Set<String> {
        struct Image: Decodable {
            let id: String
            let tags: [String]?

            private enum CodingKeys: String, CodingKey {
                case id = "Id"
                case tags = "RepoTags"
            }
        }
        let answer = try await get("/v1.41/images/json")
        let images = try JSONDecoder().decode([Image].self, from: Data(answer.utf8))
        return Set(
            images.flatMap { image in
                let tags = (image.tags ?? []).filter { !$0.contains("<none>") }
                return tags.isEmpty ? [image.id] : tags
            }
        )
    }
}
