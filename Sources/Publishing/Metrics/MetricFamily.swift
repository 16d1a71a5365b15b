/// Numbers of one name, as Prometheus reads them (text format 0.0.4).
package struct MetricFamily: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Only ever grows; its name ends in `_total`.
        case counter
        case gauge
    }

    package struct Label: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package struct Sample: Sendable, Equatable {
        package var labels: [Label]
        package var value: Double
    }

    /// With its unit, without the prefix `lastpull_`.
    package var name: String
    package var kind: Kind
    /// A sentence for people.
    package var help: String
    package private(set) var samples: [Sample] = []

    package init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    package mutating func add(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
        samples.append(Sample(labels: labels.map { Label(name: $0.0, value: $0.1) }, value: value))
    }

    package mutating func add(
        _ value: some BinaryInteger,
        _ labels: KeyValuePairs<String, String> = [:]
    ) {
        add(Double(value), labels)
    }

    /// All families as one text; a family without samples is left out.
    package static func text(_ families: [MetricFamily]) -> String {
        families.filter { !$0.samples.isEmpty }.map(\.text).joined()
    }

    private var text: String {
        let name = "lastpull_\(name)"
        let lines = samples.map { sample in
            let labels = sample.labels.map { #"\#($0.name)="\#(Self.escaped($0.value))""# }
            let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            return "\(name)\(list) \(Self.number(sample.value))\n"
        }
        return "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n" + lines.joined()
    }

    /// Whole numbers without a fraction, which is what nearly all are.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
