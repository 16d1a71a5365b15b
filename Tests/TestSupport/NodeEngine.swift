import Foundation

/// A real container engine with a disk of its own, without any network.
package final class NodeEngine: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case docker
        case podman
    }

    /// The path of its socket.
    package let socket: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts an engine that may pull from the registries at `hosts` without a certificate, and runs
    /// `body` with it.
    package static func run(
        _ kind: Kind,
        pullingFrom hosts: [String],
        body: (NodeEngine) async throws -> Void
    ) async throws {
        let engine = try NodeEngine(kind, hosts)
        do {
            try await eventually("\(kind) answers", within: .seconds(60)) {
                try engine.process.checkIsRunning()
                return try await engine.docker("version").status == 0
            }
            try await body(engine)
        } catch {
            _ = try? await engine.process.terminate(within: .seconds(60))
            throw error
        }
        // Its own children go with it, but for a kill.
        try await engine.process.terminate(within: .seconds(60))
    }

    package static func isInstalled(_ kind: Kind) -> Bool {
        binary(kind) != nil && Command.find("docker") != nil
    }

    private static func binary(_ kind: Kind) -> String? {
        switch kind {
        case .docker:
            Command.find("dockerd")
                ?? ["/usr/sbin/dockerd"].first(where: FileManager.default.isExecutableFile)
        case .podman: Command.find("podman")
        }
    }

    private init(_ kind: Kind, _ hosts: [String]) throws {
        guard let binary = Self.binary(kind) else { throw HarnessError("no \(kind); install it") }
        folder = try TemporaryFolder()
        socket = folder.file("engine.sock")
        let insecure = hosts.map { "[[registry]]\nlocation = \"\($0)\"\ninsecure = true\n" }
        let registries = try folder.write(insecure.joined(), to: "registries.conf")
        let arguments =
            switch kind {
            case .docker:
                [
                    "--iptables=false", "--ip6tables=false", "--bridge=none",
                    "--storage-driver=vfs", "-H", "unix://\(socket)",
                    "--data-root", folder.file("data"), "--exec-root", folder.file("exec"),
                    "--pidfile", folder.file("engine.pid"),
                ]
            case .podman:
                [
                    "--root", folder.file("data"), "--runroot", folder.file("run"),
                    "--tmpdir", folder.file("tmp"), "--storage-driver", "vfs",
                    "--events-backend", "file", "system", "service", "--time", "0",
                    "unix://\(socket)",
                ]
            }
        process = try ChildProcess(
            binary,
            arguments,
            environment: ["CONTAINERS_REGISTRIES_CONF": registries],
            output: folder.file("engine.log"),
            errors: folder.file("engine.log")
        )
    }

    /// Runs Docker's client against it.
    @discardableResult
    package func docker(_ arguments: String...) async throws -> Command.Result {
        guard let docker = Command.find("docker") else {
            throw HarnessError("no docker on PATH; install docker.io")
        }
        return try await Command.run(docker, ["-H", "unix://\(socket)"] + arguments)
    }

    /// Runs Docker's client and throws when it fails.
    package func must(_ arguments: String...) async throws {
        guard let docker = Command.find("docker") else {
            throw HarnessError("no docker on PATH; install docker.io")
        }
        let result = try await Command.run(docker, ["-H", "unix://\(socket)"] + arguments)
        guard result.status == 0 else {
            throw HarnessError("docker \(arguments.joined(separator: " ")): \(result.errors)")
        }
    }

    /// Makes an image of one file, which has these words in it, and pushes it.
    package func push(_ image: String, words: String) async throws {
        let name = UUID().uuidString
        try folder.write(words, to: "\(name)/words")
        let archive = folder.file("\(name).tar")
        guard let tar = Command.find("tar") else { throw HarnessError("no tar on PATH") }
        let packed = try await Command.run(tar, ["-C", folder.file(name), "-cf", archive, "."])
        guard packed.status == 0 else { throw HarnessError("tar: \(packed.errors)") }
        try await must("import", archive, image)
        try await must("push", image)
    }
}
