/// Sends over another transport, and trusts the authorities of one PEM file.
package struct TrustingTransport: HTTPTransport {
    private let transport: any HTTPTransport
    private let authorities: String

    package init(_ transport: any HTTPTransport, authorities: String) {
        self.transport = transport
        self.authorities = authorities
    }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        var request = request
        request.authorities = authorities
        return try await transport.send(request)
    }
}
