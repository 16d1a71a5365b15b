import AccessLedger
import ArgumentParser
import Foundation
import RegistryModel

/// The time from the event that crosses a threshold to the first delete.
struct TriggerLatency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger",
        abstract: "From the event that crosses a threshold to the first delete at the registry."
    )

    @Option(help: "Sizes of the ledger, with commas.", transform: { try sizes($0) })
    var manifests = [10_000, 1_000_000]
    @Option(help: "Thresholds crossed with each size.") var rounds = 100
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var report = Report()
        let workplace = try Workplace()
        defer { workplace.remove() }
        report.figures = try await measure(Ledgers(workplace))
        try report.print(asJSON: json)
    }

    func measure(_ ledgers: Ledgers) async throws -> [Figure] {
        var figures: [Figure] = []
        var smallest: Double?
        for size in manifests {
            let times = try await measure(size, ledgers)
            let p50 = times.percentile(0.5)
            let p99 = times.percentile(0.99)
            Output.tell("trigger: \(size) manifests, p50 \(p50) ms, p99 \(p99) ms")
            let name = "threshold to first DELETE, \(size) manifests"
            figures.append(Figure("trigger", "\(name): p50", p50, "ms"))
            figures.append(
                Figure(
                    "trigger",
                    "\(name): p99",
                    p99,
                    "ms",
                    goal: "at most 50 ms",
                    isMet: p99 <= 50
                )
            )
            guard let first = smallest else {
                smallest = p50
                continue
            }
            figures.append(
                Figure(
                    "trigger",
                    "\(size) against \(manifests[0]) manifests: p50",
                    p50 / first,
                    "times",
                    goal: "no slower (within 20 %)",
                    isMet: p50 / first <= 1.2
                )
            )
        }
        return figures
    }

    private func measure(_ size: Int, _ ledgers: Ledgers) async throws -> [Duration] {
        let path = try await ledgers.filled(size)
        let registryPort = try FreePort.find()
        let repositories = size / GeneratedImage.perRepository
        return try await GeneratedRegistry.serving(port: registryPort) { registry in
            let daemon = try await MeasuredDaemon(
                ledger: path,
                registry: registry,
                registryPort: registryPort,
                in: ledgers.workplace
            )
            try await daemon.waitForListing()
            var times: [Duration] = []
            let count = min(rounds + Self.warmUp, repositories)
            // From all over the ledger, from the end on: memory begins with the first.
            for round in 0..<count {
                let place = repositories - 1 - round * (repositories / count)
                let time = try await daemon.crossThreshold(in: place)
                if round >= Self.warmUp { times.append(time) }
            }
            try await daemon.stop()
            guard !times.isEmpty else {
                throw BenchError("\(size) manifests are too few; take at least 1000")
            }
            return times
        }
    }

    /// Rounds that open connections and compile statements.
    private static let warmUp = 3

    private static func sizes(_ text: String) throws -> [Int] {
        try text.split(separator: ",").map { part in
            guard let size = Int(part), size >= 1_000 else {
                throw ValidationError("\(part) is not a number of manifests, at least 1000")
            }
            return size
        }
    }
}

/// Filled ledgers of one run of the bench; each size is made once.
final class Ledgers {
    let workplace: Workplace
    private var paths: [Int: String] = [:]

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// The path of a ledger with so many manifests, with ten access hours each if not said otherwise.
    func filled(_ manifests: Int, hours: Int = 10) async throws -> String {
        let size = manifests / GeneratedImage.perRepository * GeneratedImage.perRepository
        if let known = paths[size] { return known }
        let path = workplace.file("ledger-\(size).sqlite")
        let began = ContinuousClock.now
        try await LedgerFill(manifests: size, hours: hours, now: MeasuredDaemon.now).write(to: path)
        Output.tell("filled a ledger with \(size) manifests in \(ContinuousClock.now - began)")
        if size <= Self.verified {
            let ledger = try Ledger(path: path)
            let problems = try await ledger.verify()
            try ledger.close()
            guard problems.isEmpty else {
                throw BenchError("the filled ledger is not sound: \(problems[0])")
            }
        }
        paths[size] = path
        return path
    }

    /// Up to here the check takes a moment; larger ones are filled by the same code.
    private static let verified = 100_000
}
