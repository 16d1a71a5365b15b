import CCurl
import RegistryModel

extension EasyHandle {
    /// Sets everything that the request asks for.
    func prepare(_ request: HTTPRequest) {
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        // A thread of a program with other threads must not use signals for its time-outs.
        set(CURLOPT_NOSIGNAL, true)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout.milliseconds))
        set(CURLOPT_TIMEOUT_MS, Int(request.timeout.milliseconds))
        if let authorities = request.authorities { set(CURLOPT_CAINFO, authorities) }
        if let socket = request.socket { set(CURLOPT_UNIX_SOCKET_PATH, socket) }
        if let identity = request.identity {
            set(CURLOPT_SSLCERT, identity.certificate)
            set(CURLOPT_SSLKEY, identity.key)
        }
        // An answer without an end is not to wait for a peer that is long gone.
        if request.timeout == .zero { set(CURLOPT_TCP_KEEPALIVE, true) }
        setMethod(request)
        setRedirects(request)
        for field in request.headers.fields {
            addHeader(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // libcurl would announce a form, and wait a second for leave to send a large body.
        if request.headers["Content-Type"] == nil { addHeader("Content-Type:") }
        addHeader("Expect:")
        useHeaders()
    }

    private func setMethod(_ request: HTTPRequest) {
        if request.method == "HEAD" {
            set(CURLOPT_NOBODY, true)
            return
        }
        if let body = request.body ?? (request.needsBody ? [] : nil) { setBody(body) }
        set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func setRedirects(_ request: HTTPRequest) {
        let isReading = request.method == "GET" || request.method == "HEAD"
        set(CURLOPT_FOLLOWLOCATION, request.followsRedirects && isReading)
        set(CURLOPT_MAXREDIRS, 5)
        let isSecure = request.url.lowercased().hasPrefix("https:")
        set(CURLOPT_REDIR_PROTOCOLS_STR, isSecure ? "https" : "http,https")
        set(CURLOPT_UNRESTRICTED_AUTH, false)
    }
}

extension HTTPRequest {
    /// Methods whose missing body must be announced as empty, or servers answer 411.
    fileprivate var needsBody: Bool { method == "POST" || method == "PUT" || method == "PATCH" }

    /// What the system has room for (unix(7)).
    private static let longestSocketPath = 107

    /// What makes the request one that must not be sent, such as a line break in a field.
    var fault: String? {
        let scheme = url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https" else {
            return "the URL must begin with http:// or https://"
        }
        let hasControl = { (text: String) in text.utf8.contains { $0 < 0x20 || $0 == 0x7f } }
        guard !hasControl(url), !hasControl(method), !method.isEmpty else {
            return "control characters in the URL or method"
        }
        for field in headers.fields where hasControl(field.name) || hasControl(field.value) {
            return "control characters in a header field"
        }
        if let socket, socket.utf8.count > Self.longestSocketPath {
            return "the path of the socket is longer than \(Self.longestSocketPath) bytes"
        }
        return nil
    }
}
