import ArgumentParser
import EventDecoding
import Foundation
import RegistryModel

/// How many lines of each log are read in a second.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lines a second that each log format is decoded at, in large bodies."
    )

    @Option(help: "Lines of each format.")
    var lines = 400_000

    @Option(help: "Only formats whose name contains this.")
    var only: String?

    @Flag(name: .customLong("json"), help: "Print JSON.")
    var asJSON = false

    mutating func run() throws {
        var report = Report()
        for log in GeneratedLog.all where only.map(log.name.contains) ?? true {
            report.figures += try figures(of: log)
        }
        try report.print(asJSON: asJSON)
    }

    private func figures(of log: GeneratedLog) throws -> [Figure] {
        // Bodies as they come over HTTP, and the pieces in which files are read.
        let body = log.body(lines: lines)
        let goal = log.isPledged ? 1_000_000.0 : nil
        func figure(_ name: String, _ time: Double, _ goal: Double?) -> Figure {
            let rate = Double(lines) / time
            return Figure(
                "decode",
                "\(log.name), \(name)",
                rate / 1_000_000,
                "million lines/s",
                goal: goal.map { "\(Output.rounded($0 / 1_000_000)) million/s" },
                isMet: goal.map { rate >= $0 }
            )
        }
        var accesses: Set<Int> = []
        let whole = best { accesses.insert(AccessLog.decode(body, format: nil).accesses.count) }
        let table = best {
            body.withUnsafeBytes {
                let decoded = DecodedLog(reading: $0, LogDialect())
                accesses.insert(decoded.table.rows.count)
            }
        }
        guard accesses == [log.accesses(lines: lines)] else {
            throw BenchError(
                "\(log.name): \(accesses) accesses were read, not \(log.accesses(lines: lines))"
            )
        }
        return [
            figure("all processors", whole, goal), figure("one thread, as a table", table, nil),
        ]
    }

    /// Seconds of the quickest of three.
    private func best(_ work: () -> Void) -> Double {
        (0..<3).map { _ in ContinuousClock().measure(work) / .seconds(1) }.min() ?? 0
    }
}
