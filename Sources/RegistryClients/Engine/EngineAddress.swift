package import CurlTransport

/// Where an engine listens: a UNIX socket of this machine, or a host, perhaps over TLS.
package struct EngineAddress: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    let base: String
    let socket: String?
    /// A PEM file of authorities, where the system does not know the engine's.
    package var authorities: String?
    /// How the engine is to know us.
    package var identity: ClientIdentity?

    /// An engine on a socket, a path from the root.
    package init(socket path: String) {
        description = path
        base = "http://engine"
        socket = path
    }

    /// An engine at `http://HOST:PORT` or `https://HOST:PORT`.
    package init?(url: String) {
        guard let address = RegistryAddress(url) else { return nil }
        description = address.description
        base = address.description
        socket = nil
    }

    /// Whether it is a socket, whose engine runs on this machine or in its containers.
    package var isLocal: Bool { socket != nil }

    func request(_ method: String, _ path: String) -> HTTPRequest {
        var request = HTTPRequest(method: method, url: base + path)
        request.socket = socket
        request.authorities = authorities
        request.identity = identity
        return request
    }
}
