import EventDecoding
import RegistryModel

/// What must not have come of an input.
package struct FuzzFailure: Error, CustomStringConvertible {
    package var description: String
}

/// One decoder or framing that hostile input reaches.
package struct FuzzTarget: Sendable {
    package var name: String
    /// Gives an input to the decoder and checks what comes of it; it may draw what else varies.
    package var run: @Sendable ([UInt8], inout SeededGenerator) throws -> Void

    package static let all: [FuzzTarget] =
        [logs] + LogFormat.allCases.map(log) + [
            ownKeys, shapes, pieces, largeLogs, bulk, notifications,
        ]
        + [webhooks, handshakes, gzip, zstd, framing, message]
}

extension FuzzTarget {
    private static let logs = FuzzTarget(name: "log") { body, _ in
        try check(AccessLog.decode(body, format: nil), of: body.count)
    }

    private static func log(_ format: LogFormat) -> FuzzTarget {
        FuzzTarget(name: "log \(format.rawValue)") { body, _ in
            try check(AccessLog.decode(body, format: format), of: body.count)
        }
    }

    private static let ownKeys = FuzzTarget(name: "log with keys of one's own") { body, _ in
        let keys = LogKeys(["path": "tag", "method": "level", "status": "time", "time": "log"])
        let dialect = LogDialect(format: .json, keys: keys ?? .known)
        try check(body.withUnsafeBytes { AccessLog.decode($0, dialect) }, of: body.count)
    }

    /// Read by the shape of what came before, records say the same as when each is read in full.
    private static let shapes = FuzzTarget(name: "record shapes") { body, _ in
        guard body.count <= 16_384 else { return }
        let twice = body + [0x0A] + body
        let (expected, read) = twice.withUnsafeBytes {
            (
                DecodedLog(reading: $0, LogDialect(), expectsShapes: false),
                DecodedLog(reading: $0, LogDialect())
            )
        }
        guard read.table == expected.table, read.rest == expected.rest else {
            throw FuzzFailure(description: "read by shapes it says something else")
        }
    }

    /// Read after other pieces of its log, a piece says the same as alone.
    private static let pieces = FuzzTarget(name: "log pieces") { body, _ in
        guard body.count <= 16_384 else { return }
        let dialect = LogDialect(naming: .keyed(low: 1, high: 2))
        var pieces = LogPieces(dialect)
        try body.withUnsafeBytes { bytes in
            let alone = DecodedLog(reading: bytes, dialect)
            for _ in 0..<2 {
                let read = pieces.read(bytes)
                guard read.rest == alone.rest, read.isEqual(alone) else {
                    throw FuzzFailure(description: "read after other pieces it says something else")
                }
            }
        }
    }

    /// A body that is read on all processors says the same as it does in one piece.
    private static let largeLogs = FuzzTarget(name: "large log") { body, random in
        guard Int.random(in: 0..<1_000, using: &random) == 0, !body.isEmpty else { return }
        let line = body + [0x0A]
        let large = Array(repeatElement(line, count: (600 << 10) / line.count + 1).joined())
        let whole = large.withUnsafeBytes { DecodedLog(reading: $0, LogDialect()).body }
        guard AccessLog.decode(large, format: nil) == whole else {
            throw FuzzFailure(description: "read in parts it says something else")
        }
    }

    private static let bulk = FuzzTarget(name: "bulk") { body, _ in
        let bulk = body.withUnsafeBytes { BulkBody($0) }
        guard bulk.documents.count <= body.count + 1, bulk.actions.count <= body.count else {
            throw FuzzFailure(description: "more comes out than went in")
        }
        try check(AccessLog.decode(bulk.documents, format: nil), of: bulk.documents.count)
    }

    private static let notifications = FuzzTarget(name: "notifications") { body, _ in
        try check(NotificationEnvelope.decode(body), of: body.count)
    }

    private static let webhooks = FuzzTarget(name: "webhooks") { body, random in
        var fields: [String: String] = [:]
        for (name, values) in fieldValues where Bool.random(using: &random) {
            fields[name] = values.randomElement(using: &random)
        }
        let request = WebhookRequest(fields: fields, receivedAt: Timestamp(milliseconds: 0))
        // A batch of events in one body may be rejected item by item, each with the whole of it.
        try check(Webhook.decode(body, request), of: body.count, perRejection: 4_200)
    }

    private static let fieldValues: [(String, [String])] = [
        ("ce-type", ["zotregistry.image.updated", "zotregistry.image.deleted", ""]),
        ("ce-id", ["1", ""]), ("ce-time", ["2026-03-04T05:06:07Z", "x"]),
        ("content-type", ["application/json", "application/x-www-form-urlencoded"]),
        ("x-github-event", ["package", "registry_package", "ping"]),
        ("x-nexus-webhook-id", ["rm:repository:component", "x"]),
    ]

    private static let handshakes = FuzzTarget(name: "handshakes") { body, _ in
        _ = body.withUnsafeBytes { Webhook.validationCode(in: $0) }
    }

    private static let gzip = FuzzTarget(name: "gzip") { body, _ in
        try checkInflated { try Gunzip.inflate(body, limit: $0) }
    }

    private static let zstd = FuzzTarget(name: "zstd") { body, _ in
        try checkInflated { try Unzstd.inflate(body, limit: $0) }
    }

    /// However a stream is cut on its way, the same messages come out of it.
    private static let framing = FuzzTarget(name: "syslog framing") { body, random in
        let whole = messages(of: [body[...]])
        let cut = Int.random(in: 0...body.count, using: &random)
        guard messages(of: [body[..<cut], body[cut...]]) == whole else {
            throw FuzzFailure(description: "cut at \(cut) it holds other messages")
        }
        guard whole.map(\.count).reduce(0, +) <= body.count else {
            throw FuzzFailure(description: "more comes out than went in")
        }
    }

    private static let message = FuzzTarget(name: "syslog message") { body, _ in
        let length = body.withUnsafeBytes { SyslogMessage.text(of: $0).count }
        guard length <= body.count else {
            throw FuzzFailure(description: "the text is longer than the message")
        }
    }
}

// MARK: What must hold

extension FuzzTarget {
    /// Whatever comes, the outcome accounts for no more than came, and keeps no more.
    private static func check(
        _ decoded: DecodedBody,
        of count: Int,
        perRejection: Int = 0
    ) throws {
        let parts = decoded.accesses.count + decoded.ignored + decoded.rejected
        guard parts <= count + 1 else { throw FuzzFailure(description: "\(parts) parts") }
        let excerpts = decoded.rejections.map(\.excerpt.count).reduce(0, +)
        // A redaction may be a little longer than what it hides.
        guard excerpts <= count * 2 + 64 + perRejection * decoded.rejections.count else {
            throw FuzzFailure(description: "\(excerpts) bytes are kept")
        }
        guard decoded.accesses.allSatisfy({ $0.digest != nil || $0.tag != nil }) else {
            throw FuzzFailure(description: "an access of nothing")
        }
    }

    private static func checkInflated(
        _ inflate: (_ limit: Int) throws -> [UInt8]
    ) throws {
        let limit = 1 << 20
        guard let output = try? inflate(limit) else { return }
        guard output.count <= limit else {
            throw FuzzFailure(description: "it inflates beyond the limit")
        }
    }

    private static func messages(of pieces: [ArraySlice<UInt8>]) -> [[UInt8]] {
        var framing = SyslogFraming()
        var messages: [[UInt8]] = []
        for piece in pieces {
            piece.withUnsafeBytes { framing.read($0) { messages.append(Array($0)) } }
        }
        framing.finish { messages.append(Array($0)) }
        return messages
    }
}

extension DecodedLog {
    /// Whether the accesses are the same, but for what numbers those that are alike.
    fileprivate func isEqual(_ other: DecodedLog) -> Bool {
        guard table.rows.count == other.table.rows.count else { return false }
        return zip(table.rows, other.table.rows).allSatisfy { own, others in
            let left = table.access(own)
            var right = other.table.access(others)
            right.key = left.key
            return left == right
        }
    }
}
