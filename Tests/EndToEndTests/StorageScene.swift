import Foundation
import RegistryModel
import TestSupport
import Testing

/// All suites about the registry's own disk, one test after the other: they start registries and
/// many clients, and the machine may have two cores.
@Suite(.serialized) enum LocalPrune {
    static let isPossible = RealRegistry.isInstalled && Skopeo.isInstalled
    static let missing: Comment = "needs docker-registry and skopeo on PATH"
}

/// A real registry with its disk, and lastpull by hand beside it.
struct StorageScene: Sendable {
    let registry: RealRegistry
    /// Keeps the settings and the ledger.
    let folder: TemporaryFolder

    /// `quarantine` and `grace` are those of the settings.
    init(
        _ options: RealRegistry.Options = .init(accessLog: false),
        grace: String = "1h",
        quarantine: String = "0s"
    ) async throws {
        registry = try await .start(options)
        folder = try TemporaryFolder()
        try configure(grace: grace, quarantine: quarantine)
    }

    /// `registry` is a line more for the registry, `more` what follows it.
    func configure(
        grace: String,
        quarantine: String,
        url: String? = nil,
        registry own: String = "",
        more: String = ""
    ) throws {
        try folder.write(
            """
            ledger: \(folder.file("ledger.sqlite"))
            registries:
              - name: local
                url: \(url ?? registry.url)
                storage: \(registry.storage)
                grace: \(grace)
                quarantine: \(quarantine)
                \(own)
            \(more)
            """,
            to: "lastpull.yaml"
        )
    }

    var configuration: String { folder.file("lastpull.yaml") }

    // MARK: Commands

    /// Runs a command on the settings, whatever its status.
    func run(
        _ arguments: String...,
        environment: [String: String] = [:]
    ) async throws -> Command.Result {
        try await Lastpull.run(
            arguments + ["--config", configuration],
            environment: environment
        )
    }

    /// Runs a command with `--json`, and checks its exit status.
    @discardableResult
    func report(
        _ arguments: String...,
        status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> StorageReport {
        let result = try await Lastpull.run(arguments + ["--json", "--config", configuration])
        return try StorageReport(result, status: status, sourceLocation)
    }

    /// Runs a command on the disk alone, without settings, with a ledger of its own.
    func onDisk(_ arguments: String...) async throws -> Command.Result {
        try await Lastpull.run(arguments + diskAlone)
    }

    var diskAlone: [String] {
        ["--storage", registry.storage, "--ledger", folder.file("disk.sqlite")]
    }

    func reportOnDisk(
        _ arguments: String...,
        status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> StorageReport {
        try await reportOnDisk(arguments, status: status, sourceLocation: sourceLocation)
    }

    func reportOnDisk(
        _ arguments: [String],
        status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> StorageReport {
        let result = try await Lastpull.run(arguments + ["--json"] + diskAlone)
        return try StorageReport(result, status: status, sourceLocation)
    }

    func events(_ filter: String) async throws -> [CleaningEvent] {
        let result = try await run("events", "--json", "--filter", filter)
        try #require(result.status == 0, "\(result.errors)")
        return try result.output.split(separator: "\n").map {
            try JSONDecoder().decode(CleaningEvent.self, from: Data($0.utf8))
        }
    }

    /// What all prune events so far say was freed.
    func reclaimed() async throws -> Int64 {
        try await events("event=prune").reduce(0) { $0 + (Int64($1["reclaimed"] ?? "") ?? 0) }
    }

    /// What all prune events so far say was released.
    func released() async throws -> Int64 {
        try await events("event=prune").reduce(0) { $0 + (Int64($1["released"] ?? "") ?? 0) }
    }

    // MARK: Images

    func image(_ name: String) -> String { "\(registry.host)/\(name)" }

    /// Pushes an image of these layers and returns its manifest's digest.
    @discardableResult
    func push(_ name: String, _ layers: [ImageFolder.Layer]) async throws -> Digest {
        var folder = try ImageFolder()
        try folder.addImage(tag: "one", layers: layers)
        return try await Skopeo.push(folder, tag: "one", to: image(name))
    }

    /// Deletes a manifest over the API, with all its tags.
    func delete(_ repository: String, _ digest: Digest) async throws {
        let answer = try await registry.manifest(repository, "\(digest)", method: "DELETE")
        try #require(answer.status == 202, "DELETE \(repository)@\(digest): \(answer.status)")
    }

    /// What `HEAD` says of a blob.
    func blobStatus(_ repository: String, _ digest: Digest) async throws -> Int {
        try await LoopbackHTTP.send("HEAD", "\(registry.url)/v2/\(repository)/blobs/\(digest)")
            .status
    }
}

/// What `--json` of the commands that work on the disk prints.
struct StorageReport: Decodable {
    struct Item: Decodable {
        let kind: String
        let repository: String?
        let tag: String?
        let digest: String?
        let bytes: Int64
        let state: String
        let reason: String
        let detail: String

        /// What it removes, and how many bytes that is.
        var identity: String { "\(kind) \(repository ?? "") \(digest ?? "") \(bytes)" }
    }

    let run: String
    let state: String
    let note: String
    let items: [Item]
    let keptReasons: [String: Int]
    let outcomes: [String: Int]
    let released: Int64
    let reclaimed: Int64

    init(_ result: Command.Result, status: Int32, _ location: SourceLocation) throws {
        #expect(
            result.status == status,
            "\(result.output) \(result.errors)",
            sourceLocation: location
        )
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(result.output.utf8))
        } catch {
            throw HarnessError("\(error): \(result.output) \(result.errors)")
        }
    }

    /// The digests of a kind of item.
    func digests(_ kind: String) -> Set<String> {
        Set(items.filter { $0.kind == kind }.compactMap(\.digest))
    }
}
