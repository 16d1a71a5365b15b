import CCurl
import Glibc

extension TransportError {
    /// The one place where libcurl's codes become ours.
    init(_ code: CURLcode, _ handle: EasyHandle) {
        let text = handle.explanation(of: code)
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
}
