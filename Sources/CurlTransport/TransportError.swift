/// Why no whole answer came.
package enum TransportError: Error, Sendable, Equatable {
    /// The host is there, and nothing listens on the port.
    case connectionRefused
    /// No way to the host, or not within the time for connecting.
    case unreachable(String)
    case unknownHost
    case timeout
    /// The server's certificate is of no trusted authority, of another name, or out of date.
    case untrusted(String)
    /// The server wants a certificate of ours, and got none or one that it does not accept.
    case wantsCertificate(String)
    /// No secure connection for another reason, such as no protocol in common.
    case tls(String)
    /// The connection broke after it stood; the answer is missing or truncated.
    case interrupted(String)
    /// More bytes came than the request allows.
    case bodyTooLarge(limit: Int)
    /// The task was cancelled.
    case cancelled
    /// The request could never be sent.
    case invalidRequest(String)
    /// A code of libcurl that no caller tells apart.
    case other(code: Int, text: String)
}

extension TransportError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .connectionRefused: "connection refused; is the server running?"
        case .unreachable(let text): "not reachable: \(text)"
        case .unknownHost: "the host name is not known"
        case .timeout: "no whole answer in time"
        case .untrusted(let text): "the certificate is not trusted: \(text)"
        case .wantsCertificate(let text): "it accepts only clients whose certificate it trusts: \(text)"
        case .tls(let text): "no secure connection: \(text)"
        case .interrupted(let text): "the connection broke: \(text)"
        case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .cancelled: "cancelled"
        case .invalidRequest(let text): "invalid request: \(text)"
        case .other(let code, let text): "libcurl error \(code): \(text)"
        }
    }
}
