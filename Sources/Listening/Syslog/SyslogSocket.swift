package import EventDecoding
package import RegistryModel

/// Where lines of an access log come in by syslog.
package struct SyslogSocket: Sendable, Hashable, CustomStringConvertible {
    package enum Transport: String, Sendable, CaseIterable {
        case tcp
        case udp
        /// TCP with TLS (RFC 5425).
        case tls
    }

    /// PEM files.
    package struct Certificate: Sendable, Hashable {
        package var chain: String
        package var key: String
        /// The authority that a sender's own certificate must be from; nil asks for none.
        package var clientAuthority: String?

        package init(chain: String, key: String, clientAuthority: String? = nil) {
            self.chain = chain
            self.key = key
            self.clientAuthority = clientAuthority
        }
    }

    package var transport: Transport
    package var host: String
    package var port: Int
    /// What the lines are; nil lets each tell.
    package var dialect: LogDialect
    /// Who may send; empty for all that can reach it.
    package var networks: [Network]
    package var certificate: Certificate?

    package init(
        transport: Transport,
        host: String,
        port: Int,
        dialect: LogDialect = LogDialect(),
        networks: [Network] = [],
        certificate: Certificate? = nil
    ) {
        self.transport = transport
        self.host = host
        self.port = port
        self.dialect = dialect
        self.networks = networks
        self.certificate = certificate
    }

    /// `tcp://127.0.0.1:5514`.
    package var description: String {
        "\(transport.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

/// Why a socket could not be opened.
package struct SyslogSocketError: Error, Sendable, Equatable, CustomStringConvertible {
    package var socket: SyslogSocket
    package var reason: String

    package var description: String { "cannot listen on \(socket): \(reason)" }
}
