/// How a body is compressed on its way (RFC 9110, section 8.4).
enum ContentCoding: Equatable {
    case identity
    /// In a gzip or zlib wrapper, which its first bytes tell apart.
    case deflated
    /// In Zstandard frames (RFC 9659).
    case zstd

    /// Reads the value of a `Content-Encoding` field; nil when it is not one coding that is known.
    init?(_ field: String?) {
        switch field?.lowercased() {
        case nil, "", "identity": self = .identity
        case "gzip", "x-gzip", "deflate": self = .deflated
        case "zstd": self = .zstd
        default: return nil
        }
    }

    static let known = "gzip, deflate, zstd, identity"
}
