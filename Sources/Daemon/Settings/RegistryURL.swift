import RegistryModel

/// The address of a registry: `http` or `https`, a host, perhaps a port and a path.
struct RegistryURL: CustomStringConvertible {
    /// Why a text is no such address; never with the text, which may hold a password.
    enum Flaw: Error, CustomStringConvertible {
        case scheme
        case credentials
        case query
        case host

        var description: String {
            switch self {
            case .scheme: "wants http:// or https://; write one such as http://127.0.0.1:5000"
            case .credentials:
                "must not hold credentials; use username and passwordFile"
            case .query: "must not have a query, a fragment or spaces; end it after the path"
            case .host: "has no valid host and port; write one such as http://127.0.0.1:5000"
            }
        }
    }

    /// The whole, without a slash at the end.
    let description: String
    /// What tells one registry from another: host, port and path.
    ///
    /// The same with `http` and `https`, with their own ports or none, in capitals or not, and for
    /// `localhost` and 127.0.0.1.
    let place: String

    init(_ text: String) throws(Flaw) {
        guard let colon = text.firstRange(of: "://") else { throw .scheme }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw .scheme }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw .credentials }
        guard !rest.contains(where: { $0 == "?" || $0 == "#" || $0 == "\\" || $0.isWhitespace })
        else { throw .query }
        guard Self.isHostAndPort(authority) else { throw .host }
        let path = rest.dropFirst(authority.count).reversed().drop { $0 == "/" }.reversed()
        description = "\(scheme)://\(authority)\(String(path))"
        place = Self.place(of: authority) + String(path)
    }

    private static func place(of authority: Substring) -> String {
        let name = host(of: authority)
        let port =
            authority.drop { $0 != "]" }.isEmpty
            ? authority.drop { $0 != ":" } : authority.drop { $0 != "]" }.dropFirst()
        let isStandard = port.isEmpty || port == ":80" || port == ":443"
        return (name == "localhost" ? "127.0.0.1" : name) + (isStandard ? "" : String(port))
    }

    static func isHostAndPort(_ text: Substring) -> Bool {
        let isBracketed = text.hasPrefix("[")
        let host = text.prefix { $0 != (isBracketed ? "]" : ":") }
        let port = text.dropFirst(isBracketed ? host.count + 1 : host.count)
        let isHost =
            isBracketed
            ? host.contains(":") && IPAddress(host.dropFirst()) != nil && text.contains("]")
            : !host.isEmpty && host.allSatisfy { isHostLetter($0) }
        return isHost && (port.isEmpty || isPort(port))
    }

    /// The host of an authority in lower case, an IPv6 address without its brackets.
    static func host(of authority: Substring) -> String {
        guard authority.hasPrefix("[") else { return authority.prefix { $0 != ":" }.lowercased() }
        return authority.dropFirst().prefix { $0 != "]" }.lowercased()
    }

    private static func isHostLetter(_ letter: Character) -> Bool {
        letter.isASCII && (letter.isLetter || letter.isNumber || "-._".contains(letter))
    }

    private static func isPort(_ text: Substring) -> Bool {
        let digits = text.dropFirst()
        return text.hasPrefix(":") && digits.allSatisfy { $0.isASCII && $0.isNumber }
            && (Int(digits).map { (1...65_535).contains($0) } ?? false)
    }
}
