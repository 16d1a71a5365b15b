import RegistryModel

/// Where the daemon listens, `host:port`.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, an IPv6 address without its brackets.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package static let standard = ListenAddress(host: "127.0.0.1", port: 8_480)

    /// Parses `127.0.0.1:8480`, `[::1]:8480`, or `:8480` for every address of this machine.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = Int(digits), port <= 65_535,
            let host = Self.host(text[..<colon])
        else { return nil }
        self.init(host: host, port: port)
    }

    package var isLoopback: Bool {
        host.lowercased() == "localhost" || (IPAddress(host)?.isLoopback ?? false)
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func host(_ text: Substring) -> String? {
        if text.isEmpty { return "0.0.0.0" }
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            return inner.contains(":") && IPAddress(inner) != nil ? String(inner) : nil
        }
        let isName = text.allSatisfy { character in
            character.isASCII
                && (character.isLetter || character.isNumber || character == "."
                    || character == "-")
        }
        // Four numbers that are no address, such as 300.0.0.1, are no name either.
        let isNumeric = text.allSatisfy { $0.isNumber || $0 == "." }
        return isName && (!isNumeric || IPAddress(text) != nil) ? String(text) : nil
    }
}
