/// How a body is compressed on its way (RFC 9110, section 8.4).
enum ContentCoding: Equatable {
    case identity
    /// In a gzip or zlib wrapper, which its first bytes tell apart.
    case deflated

    /// Reads the value of a `Content-Encoding` field; nil when it is not one coding that is known.
    init?(_ field: String?) {
        switch field?.lowercased() {
        case nil, "", "identity": self = .identity
        case "gzip", "x-gzip", "deflate": self = .deflated
        default: return nil
        }
    }
}
