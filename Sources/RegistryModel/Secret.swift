/// A password or token that does not print itself.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    package let revealed: String

    package init(_ revealed: String) { self.revealed = revealed }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }

    /// Compares in a time that depends only on the lengths.
    package func matches(_ other: some StringProtocol) -> Bool {
        let mine = Array(revealed.utf8)
        let theirs = Array(other.utf8)
        var difference: UInt8 = mine.count == theirs.count ? 0 : 1
        for index in mine.indices {
            difference |= mine[index] ^ (theirs.isEmpty ? 1 : theirs[index % theirs.count])
        }
        return difference == 0
    }
}
