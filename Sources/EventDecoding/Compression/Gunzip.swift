import CZlib

/// Inflates request bodies in gzip (RFC 1952, any number of members) or zlib (RFC 1950) wrappers.
package enum Gunzip {
    /// Inflates the whole of `body`.
    ///
    /// Stops at the first byte past `limit`, and never holds more than `limit` bytes and one piece,
    /// so that a small body cannot take all memory.
    package static func inflate(
        _ body: [UInt8],
        limit: Int
    ) throws(InflateError) -> [UInt8] {
        var stream = z_stream()
        guard czlib_inflate_init(&stream) == Z_OK else { throw .outOfMemory }
        defer { inflateEnd(&stream) }
        var inflater = Inflater(limit: max(0, limit))
        try inflater.run(&stream, over: body)
        return inflater.output
    }
}

/// The output of one body, piece by piece.
private struct Inflater {
    let limit: Int
    private(set) var output: [UInt8] = []
    private var piece = [UInt8](repeating: 0, count: Self.pieceLength)

    init(limit: Int) { self.limit = limit }

    mutating func run(_ stream: inout z_stream, over body: [UInt8]) throws(InflateError) {
        var consumed = 0
        while true {
            let (status, taken, made) = step(&stream, over: body, from: consumed)
            consumed += taken
            try append(made)
            switch status {
            case Z_OK: continue
            case Z_STREAM_END:
                guard try hasNextMember(body, at: consumed) else { return }
                guard inflateReset(&stream) == Z_OK else { throw .corrupt }
            case Z_BUF_ERROR: throw .truncated
            case Z_MEM_ERROR: throw .outOfMemory
            default: throw consumed <= 2 && output.isEmpty ? .notCompressed : .corrupt
            }
        }
    }

    /// Inflates into the piece once; returns zlib's status, the bytes read and the bytes written.
    private mutating func step(
        _ stream: inout z_stream,
        over body: [UInt8],
        from offset: Int
    ) -> (status: Int32, taken: Int, made: Int) {
        piece.withUnsafeMutableBufferPointer { target in
            body.withUnsafeBufferPointer { source in
                let available = UInt32(clamping: source.count - offset)
                // zlib's interface is not const, though it only reads its input.
                stream.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.advanced(by: offset)
                )
                stream.avail_in = available
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (
                    status, Int(available - stream.avail_in), target.count - Int(stream.avail_out)
                )
            }
        }
    }

    private mutating func append(_ count: Int) throws(InflateError) {
        guard count <= limit - output.count else { throw .tooLarge(limit: limit) }
        if output.capacity < output.count + count {
            // By hand, for an array that grows by itself may pass the limit.
            output.reserveCapacity(min(limit, max(output.count + count, output.capacity * 2)))
        }
        output.append(contentsOf: piece[..<count])
    }

    /// Whether another gzip member follows; padding with zeros, as tapes have, is none.
    private func hasNextMember(_ body: [UInt8], at offset: Int) throws(InflateError) -> Bool {
        let rest = body[offset...]
        guard rest.contains(where: { $0 != 0 }) else { return false }
        guard body.starts(with: Self.gzipMark), rest.starts(with: Self.gzipMark) else {
            throw .corrupt
        }
        return true
    }

    private static let gzipMark: [UInt8] = [0x1F, 0x8B]

    /// Inflated at once: large enough for speed, small beside any limit.
    private static let pieceLength = 65_536
}
