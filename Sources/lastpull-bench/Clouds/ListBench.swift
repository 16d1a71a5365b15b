import AccessLedger
import Cleanup
import Daemon
import Foundation
import Logging
import RegistryModel
import TestSupport

/// The list of a real registry with all its manifests, against one look of skopeo after the other.
struct ListBench {
    /// Of each of 200 repositories.
    let tags: Int
    let looks: Int

    func measure() async throws -> [Figure] {
        let workplace = try Workplace()
        defer { workplace.remove() }
        let shape = GeneratedStorage.Shape(repositories: 200, tags: tags, untagged: 0)
        let root = workplace.file("storage")
        _ = try GeneratedStorage(writing: shape, to: root)
        let registry = try await RealRegistry.start(.init(root: root))
        let skopeo = try await skopeo(registry.host)
        let config = try workplace.write(
            """
            ledger: \(workplace.file("ledger.sqlite"))
            registries: [{ name: bench, url: "\(registry.url)" }]
            """,
            to: "lastpull.yaml"
        )
        var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let deployment = try await Deployment(try Settings(file: config), logger: logger)
        guard let target = deployment.targets.first else { throw BenchError("no registry") }
        var began = ContinuousClock.now
        try await deployment.keeper.list(target)
        let first = (ContinuousClock.now - began) / .seconds(1)
        let known = try await deployment.ledger.repositories(of: target.row)
        guard known.reduce(0, { $0 + $1.tags }) == shape.images,
            known.allSatisfy({ $0.unreadable == 0 })
        else { throw BenchError("not all was listed") }
        let fetched = Self.fetched(registry.accessLog)
        began = ContinuousClock.now
        try await deployment.keeper.list(target)
        let second = (ContinuousClock.now - began) / .seconds(1)
        let again = Self.fetched(registry.accessLog) - fetched
        try deployment.ledger.close()
        try await registry.stop()
        let ratio = skopeo * Double(shape.images) / first
        Output.tell("list: \(first) s, then \(second) s; skopeo \(skopeo) s for one")
        return [
            Figure(
                "list of \(shape.images) tags over HTTP, manifests read",
                "against `skopeo inspect` in a loop (\(looks) timed)",
                ratio,
                "times",
                goal: "at least 10 times",
                isMet: ratio >= 10
            ),
            Figure("the same", "seconds", first, "s"),
            Figure("second pass", "seconds", second, "s"),
            Figure(
                "second pass",
                "manifests fetched again",
                Double(again),
                "",
                goal: "none",
                isMet: again == 0
            ),
        ]
    }

    /// Seconds for one image.
    private func skopeo(_ host: String) async throws -> Double {
        let began = ContinuousClock.now
        for look in 0..<looks {
            let name = GeneratedStorage.name(look % 200)
            _ = try TimedCommand(
                program: "/usr/bin/skopeo",
                arguments: [
                    "inspect", "--no-tags", "--tls-verify=false",
                    "docker://\(host)/\(name):v\(look % tags)",
                ]
            ).run()
        }
        return (ContinuousClock.now - began) / .seconds(1) / Double(looks)
    }

    private static func fetched(_ log: String) -> Int {
        log.split(separator: "\n").count { $0.contains("\"GET ") && $0.contains("/manifests/") }
    }
}
