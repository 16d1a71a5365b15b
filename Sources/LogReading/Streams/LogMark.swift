import Crypto

/// By what a log is known again: its first bytes, and those before the point up to which it was
/// read, as hashes.
///
/// Two logs that agree in both, at the same place, are one: their lines have times in them.
package struct LogMark: Sendable, Equatable {
    package var head: [UInt8]
    package var headLength: Int
    package var tail: [UInt8]

    package init(head: [UInt8], headLength: Int, tail: [UInt8]) {
        self.head = head
        self.headLength = headLength
        self.tail = tail
    }

    /// Of a log's beginning (more may be given) and the bytes before `offset`.
    package init(beginning: some Collection<UInt8>, tail: some Collection<UInt8>, offset: Int64) {
        headLength = Int(min(Int64(beginning.count), min(offset, Int64(Self.length))))
        head = Self.hash(beginning.prefix(headLength))
        self.tail = Self.hash(tail)
    }

    package static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
        Array(SHA256.hash(data: Array(bytes)).prefix(16))
    }

    /// Bytes that are looked at: some lines.
    package static let length = 4_096
}
