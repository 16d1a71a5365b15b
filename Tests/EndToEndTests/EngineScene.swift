import Foundation
import TestSupport
import Testing

/// All suites about engines, one test after the other: each has an engine of its own.
@Suite(.serialized) enum Engines {
    static var isDockerPossible: Bool { RealEngine.isDockerPossible }
    static let dockerMissing: Comment = "needs root, docker.io and busybox-static"
    static var isPodmanPossible: Bool { RealEngine.isPodmanPossible }
    static let podmanMissing: Comment = "needs root, podman, curl and busybox-static"
}

/// An engine and lastpull beside it, without settings.
struct EngineScene {
    /// What a run prints.
    struct Report: Decodable {
        struct Item: Decodable {
            let kind: String
            let id: String
            let names: [String]
            let reason: String
            let state: String
            let detail: String
            let bytes: Int64
        }

        let run: String
        let state: String
        let note: String
        let items: [Item]
        let keptReasons: [String: Int]
        let reclaimed: Int64

        func names(_ kind: String) -> Set<String> {
            Set(items.filter { $0.kind == kind && $0.state == "done" }.flatMap(\.names))
        }

        func ids(_ kind: String) -> Set<String> {
            Set(items.filter { $0.kind == kind && $0.state == "done" }.map(\.id))
        }
    }

    let engine: RealEngine
    private let folder: TemporaryFolder

    init(_ engine: RealEngine) throws {
        self.engine = engine
        folder = try TemporaryFolder()
    }

    var options: [String] {
        ["--socket", engine.socket, "--ledger", folder.file("ledger.sqlite")]
    }

    func run(_ arguments: String...) async throws -> Command.Result {
        try await Lastpull.run(arguments + options, within: .seconds(120))
    }

    /// Prunes, and returns what the command printed; its status must be `status`.
    func prune(_ arguments: String..., status: Int32 = 0) async throws -> Report {
        let result = try await Lastpull.run(
            ["prune", "--json"] + arguments + options,
            within: .seconds(120)
        )
        try #require(result.status == status, "\(result.errors) \(result.output)")
        return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    }

    /// The bytes that the prune events of a run tell, by type.
    func reclaimed(in name: String) async throws -> [String: Int64] {
        let result = try await run("events", "--json", "--since", "0")
        var bytes: [String: Int64] = [:]
        for event in try Self.events(in: result.output) {
            guard event.action == "prune", event.actor.attributes["run"] == name else { continue }
            bytes[event.type, default: 0] += Int64(event.actor.attributes["reclaimed"] ?? "") ?? -1
        }
        return bytes
    }

    /// What `events --json` printed.
    static func events(in output: String) throws -> [Event] {
        try output.split(separator: "\n").map {
            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
        }
    }

    struct Event: Decodable {
        struct Actor: Decodable {
            let attributes: [String: String]

            private enum CodingKeys: String, CodingKey { case attributes = "Attributes" }
        }

        let type: String
        let action: String
        let actor: Actor

        private enum CodingKeys: String, CodingKey {
            case type = "Type"
            case action = "Action"
            case actor = "Actor"
        }
    }
}
