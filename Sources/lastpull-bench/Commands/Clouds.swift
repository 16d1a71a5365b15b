import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import Logging
import RegistryModel
import TestSupport

/// Cleanups of registries that limit or delay those who clean, and lists of large ones.
struct Clouds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Docker Hub's limit, Azure's latency, a list of ten thousand, a plan of many.",
        discussion: """
            Docker Hub and Azure's registry are fakes on loopback with the limits of the real ones. \
            The list is of a real registry, against skopeo.
            """
    )

    @Option(help: "Tags on the Hub.") var tags = 8_000
    @Option(help: "Those of them that nobody uses.") var stale = 5_000
    @Option(help: "Digests in Azure's registry.") var digests = 3_000
    @Option(help: "Milliseconds that each of its answers takes.") var latency = 100
    @Option(help: "Tags of the real registry, times 200.") var listed = 50
    @Option(help: "Looks of skopeo that are timed.") var looks = 60
    @Option(help: "Removals in the large plan.") var plan = 100_000
    @Option(help: "Only these, with commas: hub, azure, list, plan.") var only = ""
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var report = Report()
        report.figures = try await measure()
        try report.print(asJSON: json)
    }

    func measure() async throws -> [Figure] {
        let chosen = Set(only.split(separator: ",").map(String.init))
        func wants(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }
        var figures: [Figure] = []
        if wants("hub") { figures += try await HubBench(tags: tags, stale: stale).measure() }
        if wants("azure") {
            figures += try await AzureBench(digests: digests, latency: latency).measure()
        }
        if wants("list") { figures += try await ListBench(tags: listed, looks: looks).measure() }
        if wants("plan") { figures += try await PlanBench(removals: plan).measure() }
        return figures
    }
}

/// Cleans once and ends, as `lastpull clean` does: a process of its own, whose memory can be looked
/// at.
struct CleanOnce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean-once",
        abstract: "Cleans as `lastpull clean` does.",
        shouldDisplay: false
    )

    @Option var config: String

    func run() async throws {
        let run = try await CloudScene.clean(config)
        guard run.state == .done else { throw BenchError("\(run.state): \(run.note)") }
    }
}

/// One registry with one policy, and what it takes to clean it.
struct CloudScene {
    let workplace: Workplace
    let config: String

    init(kind: String, url: String, user: String, secret: String, keep: String) throws {
        workplace = try Workplace()
        let file = try workplace.write(secret, to: "secret")
        config = try workplace.write(
            """
            ledger: \(workplace.file("ledger.sqlite"))
            registries:
              - name: bench
                kind: \(kind)
                url: \(url)
                username: \(user)
                passwordFile: \(file)
            policies:
              - name: stale
                registry: bench
                repositories: ["team/*"]
                keep: \(keep)
                mode: enforce
            """,
            to: "lastpull.yaml"
        )
    }

    /// Lists and cleans, and returns the run.
    static func clean(_ config: String) async throws -> RunRecord {
        var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let deployment = try await Deployment(try Settings(file: config), logger: logger)
        defer { try? deployment.ledger.close() }
        for target in deployment.targets { try await deployment.keeper.list(target) }
        var scope = CleanupScope()
        scope.registry = deployment.targets.first?.row.name
        return try await deployment.cleaner.clean(scope, cause: .init(name: "bench"))
    }
}
