/// An IPv4 or IPv6 address; an IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is that of IPv4.
///
/// Grammar: RFC 4291, section 2.2; IPv4 in four decimal numbers without leading zeros.
package struct IPAddress: Sendable, Hashable {
    /// The 128 bits of IPv6, with IPv4 mapped into them (RFC 4291, section 2.5.5.2).
    fileprivate let bits: UInt128

    /// Parses `text`, or returns nil when it is no address; a zone (`fe80::1%eth0`) is left out.
    package init?(_ text: some StringProtocol) {
        let address = Substring(text)
        if let number = Self.version4(address) {
            bits = Self.mapped | UInt128(number)
            return
        }
        let parts = address.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = Self.version6(parts[0]), parts.count == 1 || !parts[1].isEmpty else {
            return nil
        }
        bits = number
    }

    package var isVersion4: Bool { bits >> 32 == Self.mapped >> 32 }

    /// Whether only this machine can reach it: 127.0.0.0/8 or ::1.
    package var isLoopback: Bool { isVersion4 ? (bits >> 24) & 0xFF == 127 : bits == 1 }

    private static let mapped = UInt128(0xFFFF) << 32
    fileprivate static let firstOfVersion4 = mapped
    fileprivate static let lastOfVersion4 = mapped | 0xFFFF_FFFF

    private static func version4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let octet = decimal(part, upTo: 255) else { return nil }
            number = number << 8 | UInt32(octet)
        }
        return number
    }

    private static func version6(_ text: Substring) -> UInt128? {
        guard let gap = text.firstRange(of: "::") else {
            guard let all = groups(text, endsAddress: true), all.count == 8 else { return nil }
            return joined(all)
        }
        guard let head = groups(text[..<gap.lowerBound], endsAddress: false),
            let tail = groups(text[gap.upperBound...], endsAddress: true),
            head.count + tail.count < 8
        else { return nil }
        return joined(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// The 16-bit groups of a part of an address; its end may be written as IPv4.
    private static func groups(_ text: Substring, endsAddress: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var end: [UInt16] = []
        if endsAddress, let last = parts.last, let number = version4(last) {
            end = [UInt16(number >> 16), UInt16(truncatingIfNeeded: number)]
            parts.removeLast()
        }
        var groups: [UInt16] = []
        for part in parts {
            let isHex = part.allSatisfy { $0.isASCII && $0.isHexDigit }
            guard isHex, part.count <= 4, let group = UInt16(part, radix: 16) else { return nil }
            groups.append(group)
        }
        return groups + end
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// Reads a number without sign or leading zeros.
    fileprivate static func decimal(_ text: Substring, upTo limit: Int) -> Int? {
        let isPlain = text.allSatisfy { $0.isASCII && $0.isNumber }
        guard isPlain, text == "0" || !text.hasPrefix("0"), let number = Int(text) else {
            return nil
        }
        return number <= limit ? number : nil
    }
}

/// A range of addresses, `10.9.0.0/16` or `fd00::/8`; an address alone is a range of one.
package struct Network: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let base: IPAddress
    /// One for each bit that an address must share with `base`.
    private let mask: UInt128

    /// Parses `text`, or returns nil when it is no network.
    ///
    /// Bits of the address beyond the prefix (`10.9.1.0/16`) are refused: either half of it may be
    /// the typing error, and a range too wide leaves too much out.
    package init?(_ text: some StringProtocol) {
        let parts = Substring(text)
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard !parts[0].contains("%"), let base = IPAddress(parts[0]) else { return nil }
        let isDotted = !parts[0].contains(":")
        var length = 128
        if parts.count == 2 {
            guard let prefix = IPAddress.decimal(parts[1], upTo: isDotted ? 32 : 128) else {
                return nil
            }
            length = isDotted ? prefix + 96 : prefix
        }
        let mask = length == 0 ? 0 : UInt128.max << UInt128(128 - length)
        guard base.bits & ~mask == 0 else { return nil }
        description = String(text)
        self.base = base
        self.mask = mask
    }

    /// Whether every address is in it, of its version.
    package var isEverything: Bool {
        base.isVersion4 ? mask << 96 == 0 : mask == 0
    }

    /// Whether every address of one version is in one of `networks`.
    package static func areEverything(_ networks: [Network]) -> Bool {
        let version4 = networks.filter(\.base.isVersion4)
        let version6 = networks.filter { !$0.base.isVersion4 }
        return fill(version4, from: IPAddress.firstOfVersion4, to: IPAddress.lastOfVersion4)
            || fill(version6, from: 0, to: .max)
    }

    private static func fill(_ networks: [Network], from first: UInt128, to last: UInt128) -> Bool {
        var next = first
        for network in networks.sorted(by: { $0.base.bits < $1.base.bits }) {
            guard network.base.bits <= next else { return false }
            let end = network.base.bits | ~network.mask
            if end >= last { return true }
            next = max(next, end + 1)
        }
        return false
    }

    /// Whether `address` is an address in this network; what is not an address is in none.
    package func contains(_ address: String) -> Bool {
        IPAddress(address).map { contains($0) } ?? false
    }

    /// Whether `address` is in this network; `::/0` holds no IPv4 address, mapped or not.
    package func contains(_ address: IPAddress) -> Bool {
        address.isVersion4 == base.isVersion4 && address.bits & mask == base.bits & mask
    }
}
