import AccessLedger
import ArgumentParser
import Foundation
import RegistryModel

/// The daemon's resident memory on a large ledger, at work.
struct Memory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Resident memory of the daemon on a large ledger, with events and a cleanup."
    )

    @Option(help: "Manifests in the ledger.") var manifests = 1_000_000
    @Option(help: "Access hours in the ledger.") var hours = 10_000_000
    @Option(help: "Events posted before it is looked at.") var events = 5_000
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var report = Report()
        let workplace = try Workplace()
        defer { workplace.remove() }
        report.figures = try await measure(Ledgers(workplace))
        try report.print(asJSON: json)
    }

    func measure(_ ledgers: Ledgers) async throws -> [Figure] {
        let path = try await ledgers.filled(manifests, hours: max(1, hours / manifests))
        let registryPort = try FreePort.find()
        return try await GeneratedRegistry.serving(port: registryPort) { registry in
            let daemon = try await MeasuredDaemon(
                ledger: path,
                registry: registry,
                registryPort: registryPort,
                in: ledgers.workplace
            )
            let atStart = try daemon.process.memory("VmRSS")
            try await post(through: daemon.sender)
            let repositories = manifests / GeneratedImage.perRepository
            for place in 0..<min(Self.runs, repositories) {
                _ = try await daemon.crossThreshold(in: place)
            }
            let resident = try daemon.process.memory("VmRSS")
            let peak = try daemon.process.memory("VmHWM")
            try await daemon.stop()
            return Self.figures(atStart, resident, peak)
        }
    }

    /// Pulls of images from all over the ledger, some at a time.
    private func post(through sender: EventSender) async throws {
        var random = SplitMix(state: 1)
        let images = (0..<events).map { _ in
            let index = Int(random.next() % UInt64(manifests))
            return GeneratedImage(
                repository: index / GeneratedImage.perRepository,
                number: index % GeneratedImage.perRepository
            )
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, image) in images.enumerated() {
                if index >= Self.senders { try await group.next() }
                group.addTask { try await sender.post("pull", image) }
            }
            try await group.waitForAll()
        }
    }

    private static let senders = 16
    private static let runs = 5

    private static func figures(_ atStart: Int64, _ resident: Int64, _ peak: Int64) -> [Figure] {
        func megabytes(_ bytes: Int64) -> Double { Double(bytes) / 1_000_000 }
        let limit = "at most 100 MB"
        return [
            Figure("memory", "resident after the start", megabytes(atStart), "MB"),
            Figure(
                "memory",
                "resident after events and cleanups",
                megabytes(resident),
                "MB",
                goal: limit,
                isMet: megabytes(resident) <= 100
            ),
            Figure(
                "memory",
                "peak",
                megabytes(peak),
                "MB",
                goal: limit,
                isMet: megabytes(peak) <= 100
            ),
        ]
    }
}
