package import RegistryModel

/// Access logs of registries and of the proxies before them.
///
/// Records are taken as forwarders send them: lines, JSON objects one per line, one after another,
/// in an array or in `{"records":[…]}`, and lines wrapped in JSON objects, mixed as they come.
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
        let bytes = body.starts(with: "\u{FEFF}") ? body.part(3, body.count) : body
        var decoder = LogDecoder(format: format, expecting: bytes.count)
        decoder.read(bytes, as: .outermost)
        return decoder.decoded
    }

    package static func decode(_ body: [UInt8], format: LogFormat?) -> DecodedBody {
        body.withUnsafeBytes { decode($0, format: format) }
    }
}
