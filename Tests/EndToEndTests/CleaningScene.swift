import Foundation
import RegistryModel
import TestSupport
import Testing

/// All suites about what is removed, one test after the other: they watch for what happens at
/// once, and the machine may have two cores.
@Suite(.serialized) enum Cleaning {
    static let hasRegistry = RealRegistry.isInstalled && Skopeo.isInstalled
    static let registryMissing: Comment = "needs docker-registry and skopeo on PATH"
}

/// A settings file for one registry called `local`, with one policy for all of it.
struct CleaningSettings {
    var url: String
    /// Rules; these let everything go, however fresh.
    var keep = "{ pushed: { within: 0s } }"
    var mode = "enforce"
    /// Further lines of the policy and of the registry, such as `brake: { items: 1 }`.
    var policy = ""
    var registry = ""
    var triggers: [String] = []

    /// The operator vouches for the time before the test, so that silence proves something.
    var text: String {
        let yesterday = Date(timeIntervalSinceNow: -86_400)
            .formatted(.iso8601.year().month().day())
        let list = triggers.map { "  - \($0)\n" }.joined()
        return """
            registries:
              - name: local
                url: \(url)
                probe: 1s
                trustHistoryFrom: \(yesterday)
                \(registry)
            policies:
              - name: p
                registry: local
                count: [pull]
                keep: \(keep)
                untagged: { after: 0s }
                mode: \(mode)
                \(policy)
            \(list.isEmpty ? "" : "triggers:\n\(list)")
            """
    }

    /// Keeps what was pulled within the hour.
    static let pulled = "{ accessed: { atLeast: 1, within: 1h }, pushed: { within: 0s } }"
}

/// What `--json` of the commands that plan and remove prints.
struct CleaningReport: Decodable, Equatable {
    struct Item: Decodable, Equatable {
        let kind: String
        let registry: String
        let repository: String
        let tag: String?
        let digest: String?
        let verdict: String
        let reason: String
        let lastAccess: Int64?
        let accesses: Int
        let bytes: Int64
        var state: String
        let detail: String

        var image: String {
            tag.map { "\(repository):\($0)" } ?? "\(repository)@\(digest ?? "?")"
        }
    }

    let run: String
    let mode: String
    let state: String
    let note: String
    let items: [Item]
    let kept: Int
    let keptReasons: [String: Int]
    let released: Int64
    let reclaimed: Int64

    /// The state of each item, by image.
    var states: [String: String] {
        Dictionary(items.map { ($0.image, $0.state) }, uniquingKeysWith: { "\($0) and \($1)" })
    }

    func item(_ image: String) throws -> Item {
        try #require(items.first { $0.image == image }, "\(image) in \(states)")
    }
}

/// One line of `runs --json`.
struct CleaningSummary: Decodable {
    let run: String
    let cause: String
    let mode: String
    let state: String
    let items: Int
    let done: Int
    let createdAt: Int64
    let endedAt: Int64?
    let released: Int64
}

/// An event as Docker's stream has it.
struct CleaningEvent: Decodable {
    struct Actor: Decodable {
        let id: String
        let attributes: [String: String]

        enum CodingKeys: String, CodingKey {
            case id = "ID"
            case attributes = "Attributes"
        }
    }

    let type: String
    let action: String
    let actor: Actor

    enum CodingKeys: String, CodingKey {
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
    }

    subscript(attribute: String) -> String? { actor.attributes[attribute] }
}

extension LastpullDaemon {
    /// Runs a command with `--json` on the settings file, and checks its exit status.
    @discardableResult
    nonisolated func report(
        _ arguments: String...,
        status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> CleaningReport {
        let result = try await Lastpull.run(arguments + ["--json", "--config", configuration])
        return try CleaningReport(result, status: status, sourceLocation)
    }

    nonisolated func summaries() async throws -> [CleaningSummary] {
        let result = try await run("runs", "--json")
        return try JSONDecoder().decode([CleaningSummary].self, from: Data(result.output.utf8))
    }

    nonisolated func events(_ arguments: String...) async throws -> [CleaningEvent] {
        let result = try await Lastpull.run(
            ["events", "--json", "--config", configuration] + arguments
        )
        try #require(result.status == 0, "\(result.errors)")
        return try result.output.split(separator: "\n").map {
            try JSONDecoder().decode(CleaningEvent.self, from: Data($0.utf8))
        }
    }

    /// Waits until the daemon has heard of an image, in whatever way.
    nonisolated func knows(_ image: String) async throws {
        try await eventually("the ledger knows \(image)") {
            try await run("explain", image, "--json").status == 0
        }
    }

    /// Waits until the daemon has counted this many accesses of an image.
    nonisolated func counts(_ accesses: Int, of image: String) async throws {
        try await eventually("\(accesses) accesses of \(image) are counted") {
            try await explain(image).accesses >= accesses
        }
    }
}

extension CleaningReport {
    init(
        _ result: Command.Result,
        status: Int32,
        _ sourceLocation: SourceLocation
    ) throws {
        #expect(
            result.status == status,
            "\(result.output) \(result.errors)",
            sourceLocation: sourceLocation
        )
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(result.output.utf8))
        } catch {
            throw HarnessError("\(error): \(result.output) \(result.errors)")
        }
    }
}

extension RealRegistry {
    /// The manifests that the storage holds of a repository, tagged or not.
    nonisolated func manifests(_ repository: String) -> Set<Digest> {
        let place = "\(storage)/docker/registry/v2/repositories/\(repository)"
        let revisions = "\(place)/_manifests/revisions/sha256"
        let manager = FileManager.default
        let names = (try? manager.contentsOfDirectory(atPath: revisions)) ?? []
        let linked = names.filter { manager.fileExists(atPath: "\(revisions)/\($0)/link") }
        return Set(linked.compactMap { Digest("sha256:\($0)") })
    }

    /// Pushes an image with bytes of its own and returns its digest.
    @discardableResult
    nonisolated func push(_ repository: String, _ tag: String, seed: UInt64) async throws -> Digest
    {
        var folder = try ImageFolder()
        try folder.addImage(tag: "pushed", layers: [.random(2_000, seed: seed)])
        return try await Skopeo.push(folder, tag: "pushed", to: "\(host)/\(repository):\(tag)")
    }

    /// The path of a blob's bytes.
    nonisolated func blobPath(_ digest: Digest) -> String {
        "\(storage)/docker/registry/v2/blobs/sha256/\(digest.encoded.prefix(2))/"
            + "\(digest.encoded)/data"
    }
}

extension FakeRegistry {
    /// Adds an image whose layer has this many bytes of its own.
    @discardableResult
    func add(_ repository: String, _ tag: String?, seed: UInt64, bytes: Int = 1_000) -> Digest {
        addImage(repository, tag, layers: [ImageFolder.Layer.random(bytes, seed: seed).bytes])
    }

    /// Pushes a manifest as clients do, so that it is told of.
    nonisolated func push(
        _ repository: String,
        _ tag: String,
        seed: UInt64,
        bytes: Int = 1_000
    ) async throws {
        let digest = await add(repository, nil, seed: seed, bytes: bytes)
        let manifest = await manifest(repository, digest)
        let answer = try await LoopbackHTTP.send(
            "PUT",
            "\(url)/v2/\(repository)/manifests/\(tag)",
            headers: ["Content-Type": MediaType.ociManifest],
            body: manifest
        )
        try #require(answer.status == 201, "PUT \(repository):\(tag): \(answer.text)")
    }

    nonisolated func pull(_ repository: String, _ reference: String) async throws {
        let answer = try await LoopbackHTTP.get("\(url)/v2/\(repository)/manifests/\(reference)")
        try #require(answer.status == 200, "GET \(repository):\(reference)")
    }

    func tagNames(_ repository: String) -> Set<String> { Set(tags(repository).keys) }

    /// What requests of this method named: the last part of each path, in order.
    func named(by method: String) -> [String] {
        requests.filter { $0.method == method }.map {
            String($0.path.split(separator: "/").last ?? "")
        }
    }
}
