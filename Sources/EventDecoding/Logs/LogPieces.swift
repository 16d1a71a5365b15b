package import RegistryModel

/// Decodes a log piece by piece, and keeps what its pieces have in common: names and shapes.
///
/// A name is checked and kept once for many pieces. Each piece is decoded as if it were alone, but for
/// the numbers of its names, and the keys of records that are alike are left equal, for whoever tells
/// them apart by their order in a whole log.
package struct LogPieces {
    private var decoder: LogDecoder
    /// What numbers the names of the pieces that come next.
    package private(set) var origin = NameOrigin()

    package init(_ dialect: LogDialect) { decoder = LogDecoder(dialect) }

    /// Decodes whole lines or records.
    package mutating func read(_ bytes: UnsafeRawBufferPointer) -> DecodedLog {
        if decoder.texts.isLarge {
            decoder.texts = LogTexts()
            origin = NameOrigin()
        }
        decoder.texts.reserve(bytes.count / DecodedLog.shortestLine)
        decoder.read(bytes, as: .outermost)
        decoder.finish()
        return decoder.takeLog()
    }
}

extension LogDecoder {
    /// Gives what was read so far away, and begins anew with the same names.
    fileprivate mutating func takeLog() -> DecodedLog {
        let rows = texts.takeRows()
        var log = DecodedLog(self)
        log.table.rows = rows
        decoded = DecodedBody()
        blobs = TextIndex()
        hasAccessLines = false
        hasRequests = false
        mentioned = []
        isSilent = false
        isBroken = false
        arena.release(ByteArena.Mark())
        return log
    }
}
