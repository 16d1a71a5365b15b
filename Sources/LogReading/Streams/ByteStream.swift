import Foundation

/// The bytes of a log one after the other, for which its caller's thread waits.
package protocol ByteStream: AnyObject {
    /// Reads some bytes into `buffer` and returns how many; none only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

    /// How many bytes were fetched so far, compressed as they are.
    var fetched: Int64 { get }
}

/// An open file, pipe or terminal.
package final class FileStream: ByteStream {
    private let descriptor: CInt
    private let place: String
    /// Whoever closes the descriptor.
    private let owner: AnyObject?
    package private(set) var fetched: Int64 = 0

    /// Reads on from where `descriptor` stands; it stays open as long as its owner is there.
    package init(descriptor: CInt, place: String, owner: AnyObject? = nil) {
        self.descriptor = descriptor
        self.place = place
        self.owner = owner
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                fetched += Int64(count)
                return count
            }
            guard errno == EINTR else { throw LogReadingError(errno: errno, place: place) }
        }
    }
}

/// A stream whose first bytes were looked at before.
final class PeekedStream: ByteStream {
    private var ahead: ArraySlice<UInt8>
    private let stream: any ByteStream

    init(_ ahead: [UInt8], before stream: any ByteStream) {
        self.ahead = ahead[...]
        self.stream = stream
    }

    var fetched: Int64 { stream.fetched }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !ahead.isEmpty else { return try stream.read(into: buffer) }
        let count = min(ahead.count, buffer.count)
        buffer.copyBytes(from: ahead.prefix(count))
        ahead = ahead.dropFirst(count)
        return count
    }
}

extension ByteStream {
    /// Reads `count` bytes, or fewer where it ends before.
    package func read(upTo count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let more = try bytes.withUnsafeMutableBytes { buffer in
                try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            }
            if more == 0 { break }
            filled += more
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// The stream itself, or what it inflates to where it is gzip, told by its first bytes.
    package func inflated(place: String) throws -> (stream: any ByteStream, isCompressed: Bool) {
        let mark = try read(upTo: 2)
        let whole = PeekedStream(mark, before: self)
        guard mark == [0x1F, 0x8B] else { return (whole, false) }
        return (try InflatingStream(whole, place: place), true)
    }
}
