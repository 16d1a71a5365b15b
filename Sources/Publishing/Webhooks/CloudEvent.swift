import Foundation
package import RegistryModel

/// An event as CloudEvents 1.0 describe it, around the one that Docker's clients read.
package struct CloudEvent: Sendable, Equatable {
    /// Always the same for one event of one ledger, however often it is sent.
    package var id: String
    package var source: String
    /// `io.lastpull.` and the action, such as `io.lastpull.prune`.
    package var type: String
    /// The registry; empty where it is about none.
    package var subject: String
    package var time: Timestamp
    /// JSON: the event in Docker's shape.
    package var data: String

    package init(_ event: DockerEvent, source: String) {
        id = Self.id(of: event)
        self.source = source
        type = "io.lastpull." + event.event.action
        subject = event.event.actor
        time = event.event.time
        data = event.json
    }

    /// The place in the outbox and the time: a new ledger counts its places anew.
    package static func id(of event: DockerEvent) -> String {
        "\(event.id)-\(event.event.time.milliseconds)"
    }

    /// The place in the outbox that an id begins with.
    package static func place(of id: String) -> Int64? {
        id.split(separator: "-").first.flatMap { Int64($0) }
    }

    /// The whole as one JSON object (CloudEvents JSON format, section 3).
    var structured: String {
        let attributes = attributes.map { "\($0.name.jsonQuoted):\($0.value.jsonQuoted)," }.joined()
        return #"{\#(attributes)"datacontenttype":"application/json","data":\#(data)}"#
    }

    /// The attributes as header fields (CloudEvents HTTP binding, section 3.1.3).
    var fields: [(name: String, value: String)] {
        attributes.map { ("ce-\($0.name)", Self.escaped($0.value)) }
    }

    private var attributes: [(name: String, value: String)] {
        let all = [
            ("specversion", "1.0"), ("id", id), ("source", source), ("type", type),
            ("subject", subject), ("time", Self.text(of: time)),
        ]
        return all.filter { !$0.1.isEmpty }
    }

    private static func text(of time: Timestamp) -> String {
        let (seconds, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let date = Date(timeIntervalSince1970: Double(seconds))
        let decimals = String(rest + 1_000).dropFirst()
        return date.formatted(.iso8601).replacing("Z", with: ".\(decimals)Z")
    }

    /// What a field can't hold as it is, percent-encoded: section 3.1.3.2 of the binding.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x21...0x7E).contains(byte) && !UInt8.isEscaped(byte)
            return isPlain
                ? String(UnicodeScalar(byte))
                : "%" + String(byte, radix: 16, uppercase: true).leftPadded(to: 2)
        }.joined()
    }
}

extension UInt8 {
    /// The quote and the percent sign, which are written as an escape as well.
    fileprivate static func isEscaped(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "%")
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String {
        String(repeating: "0", count: Swift.max(0, length - count)) + self
    }
}
