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

    /// Decodes the body of one request; a large one of lines on all processors.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        _ reading: LogDialect
    ) -> DecodedBody {
        var ordinals = RecordOrdinals()
        return decode(body, reading, &ordinals)
    }

    /// Decodes the next piece of a log, which is whole lines or whole records.
    ///
    /// `ordinals` is kept from one piece to the next: it tells records apart that are alike.
    package static func decode(
        _ piece: UnsafeRawBufferPointer,
        _ reading: LogDialect,
        _ ordinals: inout RecordOrdinals
    ) -> DecodedBody {
        let bytes = piece.withoutMark
        guard let parts = ParallelReading.read(bytes, reading) else {
            var log = DecodedLog(reading: bytes, reading)
            log.number(&ordinals)
            return log.body
        }
        return ParallelReading.joined(parts, &ordinals)
    }
}

/// What a log says, with its accesses in a table (see `AccessTable`).
package struct DecodedLog: Sendable {
    package private(set) var table: AccessTable
    /// All but the accesses: what was ignored, rejected, and mentioned.
    package private(set) var rest: DecodedBody

    /// Decodes whole lines or records, one after the other, on one thread.
    ///
    /// The keys of records that are alike are equal, until `number` is called.
    package init(reading bytes: UnsafeRawBufferPointer, _ reading: LogDialect) {
        var decoder = LogDecoder(reading)
        decoder.read(bytes, as: .outermost)
        decoder.finish()
        table = decoder.texts.table
        rest = decoder.decoded
    }

    init(_ decoder: LogDecoder) {
        table = decoder.texts.table
        rest = decoder.decoded
    }

    /// Gives each of several records that are alike a key of its own, by their order.
    package mutating func number(_ ordinals: inout RecordOrdinals) {
        for index in table.rows.indices { ordinals.number(&table.rows[index]) }
    }

    /// The whole, access by access.
    package var body: DecodedBody {
        var body = rest
        body.accesses = table.rows.map(table.access)
        return body
    }
}
