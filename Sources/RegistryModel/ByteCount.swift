/// A number of bytes, written `512`, `64KB`, `50GB` (powers of ten) or `64KiB`, `50GiB` (of two).
package struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var bytes: Int64

    package init(_ bytes: Int64) { self.bytes = bytes }

    package static let zero = ByteCount(0)

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    package static func + (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes + right.bytes)
    }

    package static func - (left: ByteCount, right: ByteCount) -> ByteCount {
        ByteCount(left.bytes - right.bytes)
    }

    /// Parses a number with an optional unit; fractions such as `1.5GB` are allowed.
    package init?(parsing text: some StringProtocol) {
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count).drop { $0 == " " }.uppercased()
        guard let size = Self.units[unit], let value = Double(String(number)), value >= 0 else {
            return nil
        }
        let bytes = value * size
        guard bytes < 9.0e18 else { return nil }
        self.bytes = Int64(bytes.rounded())
    }

    /// Two significant decimals with a unit of powers of ten, for people.
    package var description: String {
        let magnitude = Double(bytes.magnitude)
        guard magnitude >= 1_000 else { return "\(bytes) B" }
        var value = magnitude
        var unit = 0
        let names = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 999.95, unit < names.count - 1 {
            value /= 1_000
            unit += 1
        }
        let tenths = Int64((value * 10).rounded())
        return "\(bytes < 0 ? "-" : "")\(tenths / 10).\(tenths % 10) \(names[unit])"
    }

    private static let units: [String: Double] = [
        "": 1, "B": 1, "K": 1e3, "KB": 1e3, "M": 1e6, "MB": 1e6, "G": 1e9, "GB": 1e9, "T": 1e12,
        "TB": 1e12, "P": 1e15, "PB": 1e15, "KIB": 1_024, "MIB": 1_048_576, "GIB": 1_073_741_824,
        "TIB": 1_099_511_627_776, "PIB": 1_125_899_906_842_624,
    ]
}
