package import RegistryModel

/// Sends one request and returns the answer, whatever its status.
///
/// An error means that no whole answer came; it says nothing about whether the server acted.
package protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

/// One request over HTTP or HTTPS.
package struct HTTPRequest: Sendable, Equatable {
    package var method: String
    /// Absolute, percent-encoded, without user and password.
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]?
    /// From the call until the last byte, the wait for a free connection included; zero for no end.
    package var timeout: Span = .seconds(30)
    package var connectTimeout: Span = .seconds(10)
    /// The largest answer that is taken in, in bytes.
    package var bodyLimit = 64 << 20
    /// Heeded for GET and HEAD only.
    ///
    /// A redirect never leads from HTTPS to HTTP, and never takes `Authorization` to another host
    /// or port.
    package var followsRedirects = false
    /// A PEM file of authorities to trust, where the system does not know them.
    package var authorities: String?
    /// The UNIX socket to connect to, whatever host the URL names.
    package var socket: String?
    /// PEM files with the certificate, and its key, by which the server is to know us.
    package var identity: ClientIdentity?

    package init(
        method: String = "GET",
        url: String,
        headers: HTTPHeaders = [:],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// The PEM files of a certificate of our own.
package struct ClientIdentity: Sendable, Equatable {
    package var certificate: String
    package var key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// A whole answer.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
