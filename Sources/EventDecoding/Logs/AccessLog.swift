package import RegistryModel

/// Access logs of registries and of the proxies before them.
///
/// Records are taken as forwarders send them: lines, JSON objects one per line, one after another,
/// in arrays, in the envelopes of `LogEnvelope`, and lines wrapped in JSON objects, mixed as they
/// come.
package enum AccessLog {
    /// Decodes the body of one request.
    ///
    /// A record that can't be understood is a rejection, and reading goes on after it. The same
    /// record in another body has the same key; equal records within one body are told apart by
    /// their order. `format` is what the body must hold; nil lets each record tell.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        format: LogFormat?
    ) -> DecodedBody {
        decode(body, LogDialect(format: format))
    }

    package static func decode(_ body: [UInt8], format: LogFormat?) -> DecodedBody {
        body.withUnsafeBytes { decode($0, format: format) }
    }

    package static func decode(_ body: [UInt8], _ dialect: LogDialect) -> DecodedBody {
        body.withUnsafeBytes { decode($0, dialect) }
    }

    /// Decodes the body of one request; a large one of lines on all processors.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        _ dialect: LogDialect
    ) -> DecodedBody {
        let bytes = body.withoutMark
        guard let parts = ParallelReading.read(bytes, dialect) else {
            return DecodedLog(reading: bytes, dialect).body
        }
        return ParallelReading.joined(parts)
    }
}

/// What a log says, with its accesses in a table (see `AccessTable`).
package struct DecodedLog: Sendable {
    package internal(set) var table: AccessTable
    /// All but the accesses: what was ignored, rejected, and mentioned.
    package private(set) var rest: DecodedBody
    /// Whether anything was taken for a request, of whatever kind and answer.
    package let hasRequests: Bool
    /// Whether so many words about requests follow each other that requests must be missing.
    package let isSilent: Bool

    /// Decodes whole lines or records, one after the other, on one thread.
    ///
    /// `expectsShapes` says whether a record may be read by the shape of those before it, which only
    /// makes it faster.
    package init(
        reading bytes: UnsafeRawBufferPointer,
        _ dialect: LogDialect,
        expectsShapes: Bool = true
    ) {
        var decoder = LogDecoder(dialect)
        decoder.texts.reserve(bytes.count / Self.shortestLine)
        if !expectsShapes { decoder.shapes = RecordShapes(most: 0) }
        decoder.read(bytes, as: .outermost)
        decoder.finish()
        self.init(decoder)
        var ordinals = RecordOrdinals()
        number(&ordinals)
    }

    /// Nearly all lines of an access log are longer.
    static let shortestLine = 128

    /// Takes what a decoder has read; the keys of records that are alike are equal.
    init(_ decoder: LogDecoder) {
        table = decoder.texts.table
        rest = decoder.decoded
        isSilent = decoder.isSilent
        hasRequests = decoder.hasRequests || !table.rows.isEmpty || !rest.misses.isEmpty
    }

    /// Gives each of several records that are alike a key of its own, by their order.
    mutating func number(_ ordinals: inout RecordOrdinals) {
        for index in table.rows.indices { ordinals.number(&table.rows[index]) }
    }

    /// The whole, access by access.
    package var body: DecodedBody {
        var body = rest
        body.accesses = table.rows.map(table.access)
        return body
    }
}
