/// Takes a stream of syslog messages apart (RFC 6587, section 3.4).
///
/// Each message says by its first bytes how it is framed: `LEN <…` counts the bytes that follow, all
/// else goes up to a newline or NUL. Never more than one message is held back; a longer one than
/// `longest` is left out, and counted.
package struct SyslogFraming: Sendable {
    /// Messages left out since the last look, because they were too long.
    package private(set) var dropped = 0
    /// The beginning of a message that has not come to its end.
    private var held: [UInt8] = []
    /// What is left out of what follows.
    private var skipping = Skip.nothing

    private enum Skip {
        case nothing
        case bytes(Int)
        case line
    }

    package init() {}

    /// Bytes of a message, with its header: far longer than an access line.
    package static let longest = 65_536

    /// Reads on, and calls `take` for each message that has come to its end.
    package mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        take: (UnsafeRawBufferPointer) -> Void
    ) {
        guard !held.isEmpty else {
            let rest = read(whole: bytes, take: take)
            held.append(contentsOf: bytes.part(rest, bytes.count))
            return
        }
        held.append(contentsOf: bytes)
        let all = held
        held = []
        all.withUnsafeBytes { all in
            let rest = read(whole: all, take: take)
            held.append(contentsOf: all.part(rest, all.count))
        }
    }

    /// Takes what the end of the stream left without an end of its own.
    ///
    /// A counted message that is cut off is left out: what of it is missing can't be known.
    package mutating func finish(take: (UnsafeRawBufferPointer) -> Void) {
        if case .bytes = skipping { skipping = .nothing }
        guard !held.isEmpty else { return }
        let rest = held
        held = []
        rest.withUnsafeBytes { bytes in
            guard case .line = Self.framing(of: bytes) else {
                dropped += 1
                return
            }
            take(bytes)
        }
    }

    /// How many messages were left out since the last call.
    package mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    // MARK: Frames

    private enum Framing {
        /// From `start`, `count` bytes.
        case counted(start: Int, count: Int)
        case line
        /// Too little is there to tell.
        case unknown
    }

    /// Returns where the beginning of an unfinished message stands.
    private mutating func read(
        whole bytes: UnsafeRawBufferPointer,
        take: (UnsafeRawBufferPointer) -> Void
    ) -> Int {
        var index = skip(bytes)
        while index < bytes.count {
            guard !Self.isEnd(bytes[index]) else {
                index += 1
                continue
            }
            switch Self.framing(of: bytes.part(index, bytes.count)) {
            case .unknown: return index
            case .counted(let start, let count):
                let end = index + start + count
                guard count <= Self.longest else {
                    dropped += 1
                    skipping = .bytes(end - bytes.count)
                    guard end <= bytes.count else { return bytes.count }
                    skipping = .nothing
                    index = end
                    continue
                }
                guard end <= bytes.count else { return index }
                take(bytes.part(index + start, end))
                index = end
            case .line:
                guard let end = Self.lineEnd(in: bytes, from: index) else {
                    guard bytes.count - index > Self.longest else { return index }
                    dropped += 1
                    skipping = .line
                    return bytes.count
                }
                if end - index > Self.longest {
                    dropped += 1
                } else {
                    take(bytes.part(index, end))
                }
                index = end + 1
            }
        }
        return bytes.count
    }

    /// Passes over the rest of a message that was left out, and returns where the next begins.
    private mutating func skip(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch skipping {
        case .nothing: return 0
        case .bytes(let count):
            guard count <= bytes.count else {
                skipping = .bytes(count - bytes.count)
                return bytes.count
            }
            skipping = .nothing
            return count
        case .line:
            guard let end = Self.lineEnd(in: bytes, from: 0) else { return bytes.count }
            skipping = .nothing
            return end + 1
        }
    }

    /// Reads `LEN <`; an access line without any header may begin with a number, too.
    private static func framing(of bytes: UnsafeRawBufferPointer) -> Framing {
        var index = 0
        var count = 0
        while index < bytes.count, index <= mostDigits, bytes[index].isDigit {
            count = count * 10 + Int(bytes[index] & 0x0F)
            index += 1
        }
        guard index > 0, index <= mostDigits, bytes[0] != UInt8(ascii: "0") else { return .line }
        guard index < bytes.count else { return .unknown }
        guard bytes[index] == UInt8(ascii: " ") else { return .line }
        guard index + 1 < bytes.count else { return .unknown }
        return bytes[index + 1] == UInt8(ascii: "<")
            ? .counted(start: index + 1, count: count) : .line
    }

    private static func lineEnd(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start)
        let line = bytes.part(start, newline ?? bytes.count)
        return line.firstIndex(of: 0, from: 0).map { $0 + start } ?? newline
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte == 0 || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// A length of 2 GB has ten.
    private static let mostDigits = 12
}
