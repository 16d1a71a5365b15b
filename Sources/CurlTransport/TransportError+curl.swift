import CCurl
import Glibc

extension TransportError {
    /// The one place where libcurl's codes become ours.
    init(_ code: CURLcode, _ handle: EasyHandle) {
        let text = handle.explanation(of: code)
        if Self.isAboutOurCertificate(text) {
            self = .wantsCertificate(text)
            return
        }
        switch code {
        case CURLE_COULDNT_CONNECT:
            let isRefused = handle.number(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED)
            self = isRefused ? .connectionRefused : .unreachable(text)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .unknownHost
        case CURLE_OPERATION_TIMEDOUT: self = .timeout
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR: self = .untrusted(text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE:
            self = .tls(text)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
            CURLE_HTTP2, CURLE_HTTP2_STREAM:
            self = .interrupted(text)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .invalidRequest(text)
        default: self = .other(code: Int(code.rawValue), text: text)
        }
    }

    /// Whether the server has ended the handshake because of the certificate that it got, or did not
    /// get: an alert (RFC 8446, section 6.2) is always the other side's, so it means ours.
    ///
    /// With TLS 1.3 it comes when our side of the handshake is over, so libcurl takes it for a
    /// connection that broke.
    private static func isAboutOurCertificate(_ text: String) -> Bool {
        // A word of its own, which no part of a host's name is.
        text.contains(" alert ")
            && ["certificate", "unknown ca"].contains { text.contains($0) }
    }
}
