import RegistryModel

/// The address of a webhook: `http` or `https`, a host, perhaps a port, a path and a query.
struct WebhookAddress {
    /// Why a text is no such address; never with the text, which may hold a password.
    enum Flaw: Error, CustomStringConvertible {
        case scheme
        case credentials
        case letters
        case host

        var description: String {
            switch self {
            case .scheme: "wants https://; write an address such as https://ops.example/prune"
            case .credentials: "must not hold credentials; use tokenFile or headers"
            case .letters: "must not have a fragment, spaces or letters beyond ASCII; escape them"
            case .host: "has no valid host and port; write one such as https://ops.example/prune"
            }
        }
    }

    let text: Secret
    let isPlain: Bool
    let isLoopback: Bool
    /// Host and port as a name, for an address that is given none.
    let name: String

    init(_ text: String) throws(Flaw) {
        guard let colon = text.firstRange(of: "://") else { throw .scheme }
        let scheme = text[..<colon.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw .scheme }
        let rest = text[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw .credentials }
        guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !rest.contains(where: { $0 == "#" || $0 == "\\" })
        else { throw .letters }
        guard RegistryURL.isHostAndPort(authority) else { throw .host }
        self.text = Secret(text)
        isPlain = scheme == "http"
        let host = RegistryURL.host(of: authority)
        isLoopback = host == "localhost" || (IPAddress(host)?.isLoopback ?? false)
        let letters = authority.lowercased().map { letter in
            letter.isASCII && (letter.isLetter || letter.isNumber || letter == ".") ? letter : "-"
        }
        name = String(letters.drop { $0 == "-" || $0 == "." })
    }
}
