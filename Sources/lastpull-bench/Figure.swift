import Foundation

/// One measured value with its goal.
struct Figure: Encodable, Sendable {
    var benchmark: String
    var figure: String
    var value: Double
    var unit: String
    /// The goal in words; nil where there is none.
    var goal: String?
    var isMet: Bool?

    init(
        _ benchmark: String,
        _ figure: String,
        _ value: Double,
        _ unit: String,
        goal: String? = nil,
        isMet: Bool? = nil
    ) {
        self.benchmark = benchmark
        self.figure = figure
        self.value = value
        self.unit = unit
        self.goal = goal
        self.isMet = isMet
    }
}

/// What was measured, and on what.
struct Report: Encodable, Sendable {
    var machine = Machine()
    var figures: [Figure] = []

    func print(asJSON: Bool) throws {
        if asJSON {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            Output.say(String(decoding: try encoder.encode(self), as: UTF8.self))
            return
        }
        Output.say("\n| work | figure | measured | goal | |\n|---|---|---|---|---|")
        for figure in figures {
            let verdict = figure.isMet.map { $0 ? "met" : "missed" } ?? ""
            let value = Output.rounded(figure.value)
            Output.say(
                "| \(figure.benchmark) | \(figure.figure) | \(value) \(figure.unit) "
                    + "| \(figure.goal ?? "") | \(verdict) |"
            )
        }
        Output.say("\n\(machine.processor), \(machine.cores) cores, \(machine.build) build")
    }
}

/// What the figures come from.
struct Machine: Encodable, Sendable {
    var processor = Self.readProcessor()
    var cores = ProcessInfo.processInfo.activeProcessorCount
    var build = Self.buildKind

    private static var buildKind: String {
        #if DEBUG
        "debug"
        #else
        "release"
        #endif
    }

    private static func readProcessor() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").last
        return name?.trimmingCharacters(in: .whitespaces) ?? "unknown processor"
    }
}

enum Output {
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// What is going on, for those who wait.
    static func tell(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Three digits are enough for what varies by some percent.
    static func rounded(_ value: Double) -> String {
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
        return String(format: "%.\(digits)f", value)
    }
}

extension [Duration] {
    /// The smallest value that `share` of all do not exceed, in milliseconds; `self` is not empty.
    func percentile(_ share: Double) -> Double {
        let sorted = sorted()
        let rank = Int((share * Double(count)).rounded(.up))
        return sorted[Swift.max(0, Swift.min(count, rank) - 1)] / .milliseconds(1)
    }
}
