import EventDecoding
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

/// A sender of logs that expects the answers of the service it believes to speak to.
enum LogClient: Sendable {
    /// Any forwarder by HTTP: Fluent Bit, Vector, Logstash, rsyslog, Fluentd.
    case plain
    case loki
    /// Splunk's HTTP event collector.
    case splunk
    case elasticsearch
    /// OpenTelemetry.
    case otlp

    /// Where each sends to, below `/logs/REGISTRY`.
    static let paths: [(path: String, client: LogClient)] = [
        ("", .plain),
        ("/loki/api/v1/push", .loki),
        ("/services/collector", .splunk), ("/services/collector/event", .splunk),
        ("/services/collector/event/1.0", .splunk), ("/services/collector/raw", .splunk),
        ("/services/collector/raw/1.0", .splunk),
        ("/_bulk", .elasticsearch), ("/{index}/_bulk", .elasticsearch),
        ("/v1/logs", .otlp),
    ]

    /// What the sender is to be told to send, where it sends what is not understood here.
    private var remedy: String {
        switch self {
        case .plain: "json, for example `format json` of Fluent Bit or `encoding.codec: json`"
        case .loki:
            "JSON: `compression: none` or `gzip` of Vector, or Fluent Bit; promtail and Alloy send "
                + "nothing but protobuf"
        case .splunk, .elasticsearch: "JSON"
        case .otlp: "JSON: `encoding: json` of the exporter otlphttp, `http/json` of an SDK"
        }
    }

    /// Refuses a body of a kind that can't be read.
    func check(_ fields: HTTPFields) throws {
        guard let type = fields[.contentType]?.lowercased() else { return }
        for unreadable in Self.unreadable where type.contains(unreadable) {
            throw Refusal.unreadable(type: unreadable, remedy: remedy)
        }
    }

    /// Not forms: that is what curl calls every file that it sends.
    private static let unreadable = ["msgpack", "protobuf"]
}

extension Refusal {
    static func tooMany(actions: Int) -> Refusal {
        Refusal(
            status: .contentTooLarge,
            reason: "a bulk of more than \(actions) actions: send it in smaller parts"
        )
    }

    static func unreadable(type: String, remedy: String) -> Refusal {
        Refusal(
            status: .unsupportedMediaType,
            reason: "a body of \(type) is not understood: set the sender to \(remedy)"
        )
    }
}
