import CZlib
import Foundation

/// What a gzip stream of any number of members inflates to (RFC 1952).
final class InflatingStream: ByteStream {
    private let source: any ByteStream
    private let place: String
    /// On the heap, for zlib keeps its address.
    private let state: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var isMemberOver = false
    private var isOver = false

    init(_ source: any ByteStream, place: String) throws {
        self.source = source
        self.place = place
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        input = .allocate(byteCount: Self.inputLength, alignment: 16)
        guard czlib_inflate_init(state) == Z_OK else {
            throw LogReadingError(kind: .other, place: place, reason: "no memory to inflate it")
        }
    }

    deinit {
        inflateEnd(state)
        state.deallocate()
        input.deallocate()
    }

    var fetched: Int64 { source.fetched }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while !isOver {
            if state.pointee.avail_in == 0, try !fill() {
                guard isMemberOver else { throw broken("it ends early") }
                isOver = true
                break
            }
            if isMemberOver, try !beginMember() { break }
            let count = try step(into: buffer)
            if count > 0 { return count }
        }
        return 0
    }

    private func fill() throws -> Bool {
        let count = try source.read(into: input)
        state.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_in = UInt32(count)
        return count > 0
    }

    /// Goes on with the next member; false when only padding with zeros is left.
    private func beginMember() throws -> Bool {
        while state.pointee.next_in?.pointee == 0 {
            state.pointee.next_in = state.pointee.next_in?.advanced(by: 1)
            state.pointee.avail_in -= 1
            guard try state.pointee.avail_in > 0 || fill() else {
                isOver = true
                return false
            }
        }
        guard inflateReset(state) == Z_OK else { throw broken("it can't be inflated") }
        isMemberOver = false
        return true
    }

    private func step(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let length = min(buffer.count, Int(UInt32.max))
        state.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(length)
        switch inflate(state, Z_NO_FLUSH) {
        case Z_OK: break
        case Z_STREAM_END: isMemberOver = true
        // It wants more input than there is at present.
        case Z_BUF_ERROR where state.pointee.avail_in == 0: break
        // What comes before the fault is whole; zlib stays at it.
        case _ where Int(state.pointee.avail_out) < length: break
        default: throw broken("its compressed data is broken")
        }
        return length - Int(state.pointee.avail_out)
    }

    private func broken(_ reason: String) -> LogReadingError {
        LogReadingError(
            kind: .corrupt,
            place: place,
            reason: reason + "; what came before it is counted"
        )
    }

    private static let inputLength = 262_144
}
