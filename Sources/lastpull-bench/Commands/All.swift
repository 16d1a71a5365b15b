import ArgumentParser
import Foundation

/// Everything, one after the other, in one table.
struct All: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all",
        abstract: "Measures everything; takes some minutes."
    )

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var report = Report()
        report.figures = try await Webhooks.parse([]).measure()
        let workplace = try Workplace()
        defer { workplace.remove() }
        let ledgers = Ledgers(workplace)
        report.figures += try await TriggerLatency.parse([]).measure(ledgers)
        report.figures += try await Memory.parse([]).measure(ledgers)
        report.figures += try await Storage.parse([]).measure()
        report.figures += try await Clouds.parse([]).measure()
        try report.print(asJSON: json)
    }
}
