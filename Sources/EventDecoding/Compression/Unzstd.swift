import CZstd

/// Decompresses request bodies in Zstandard frames (RFC 8878, any number of them).
package enum Unzstd {
    /// Decompresses the whole of `body`.
    ///
    /// Stops at the first byte past `limit`, and never holds more than `limit` bytes, one piece and one
    /// window, so that a small body cannot take all memory.
    package static func inflate(
        _ body: [UInt8],
        limit: Int
    ) throws(InflateError) -> [UInt8] {
        guard body.starts(with: mark) else { throw .notCompressed }
        guard let stream = ZSTD_createDCtx() else { throw .outOfMemory }
        defer { ZSTD_freeDCtx(stream) }
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, largestWindow)
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceLength)
        var consumed = 0
        while true {
            let step = step(stream, body, from: consumed, into: &piece)
            guard ZSTD_isError(step.status) == 0 else { throw .corrupt }
            guard step.taken > 0 || step.made > 0 || consumed == body.count else { throw .corrupt }
            consumed += step.taken
            guard step.made <= max(0, limit) - output.count else { throw .tooLarge(limit: limit) }
            if output.capacity < output.count + step.made {
                // By hand, for an array that grows by itself may pass the limit.
                output.reserveCapacity(
                    min(limit, max(output.count + step.made, output.capacity * 2))
                )
            }
            output.append(contentsOf: piece[..<step.made])
            if consumed == body.count, step.made < piece.count {
                // Zero is the end of a frame.
                guard step.status == 0 else { throw .truncated }
                return output
            }
        }
    }

    /// Decompresses into the piece once; returns the library's status, the bytes read and those
    /// written.
    private static func step(
        _ stream: OpaquePointer,
        _ body: [UInt8],
        from offset: Int,
        into piece: inout [UInt8]
    ) -> (status: Int, taken: Int, made: Int) {
        piece.withUnsafeMutableBytes { target in
            body.withUnsafeBytes { source in
                var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: offset)
                var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
                let status = ZSTD_decompressStream(stream, &output, &input)
                return (status, input.pos - offset, output.pos)
            }
        }
    }

    /// The first bytes of a frame.
    package static let mark: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// As a power of two: 8 MiB, which RFC 9659 allows to ask for in a content coding.
    private static let largestWindow: CInt = 23

    /// Decompressed at once: large enough for speed, small beside any limit.
    private static let pieceLength = 131_072
}
