import EventDecoding
package import Listening
import RegistryModel

extension SyslogSocket {
    /// Reads `syslog: tcp://127.0.0.1:5514` and what goes with it.
    static func parse(
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> SyslogSocket? {
        section["follow"]?.refuse("is a source of its own; write it as an entry of its own")
        section["glob"]?.refuse("goes with the address of a container; remove it")
        guard let entry = section["syslog"], let text = entry.text() else { return nil }
        let dialect = section.logDialect()
        let networks = section["networks"]?.items { $0.network() } ?? []
        let parts = text.split(separator: "://", maxSplits: 1).map(String.init)
        guard parts.count == 2, let transport = Transport(rawValue: parts[0]),
            let address = ListenAddress(parts[1]), address.port > 0
        else {
            entry.refuse(
                "\(Excerpt.of(text)) is not a socket; write one such as tcp://127.0.0.1:5514, "
                    + "udp://127.0.0.1:5514 or tls://127.0.0.1:6514"
            )
            return nil
        }
        let certificate = certificate(section, transport, readFile)
        if !address.isLoopback, !section.mentions("networks"),
            certificate?.clientAuthority == nil, !section.mentions("clientCaFile")
        {
            entry.refuse(
                "others can reach \(Excerpt.of(text)), and syslog knows no password; name those "
                    + "who may send in networks, ask for their certificate (tls, clientCaFile), or "
                    + "listen on 127.0.0.1"
            )
        }
        return SyslogSocket(
            transport: transport,
            host: address.host,
            port: address.port,
            dialect: dialect,
            networks: networks,
            certificate: certificate
        )
    }

    private static func certificate(
        _ section: SettingsSection,
        _ transport: Transport,
        _ readFile: (String) throws -> String
    ) -> Certificate? {
        guard transport == .tls else {
            for key in ["certificateFile", "keyFile", "clientCaFile"] {
                section[key]?.refuse("goes with tls://; change the address, or remove it")
            }
            return nil
        }
        let chain = section.required("certificateFile")?.certificateFile(readFile)
        let key = section.required("keyFile")?.privateKeyFile(readFile)
        let authority = section["clientCaFile"]?.certificateFile(readFile)
        guard let chain, let key else { return nil }
        return Certificate(chain: chain, key: key, clientAuthority: authority)
    }

    /// The socket alone: one place can be listened on once, in the clear or not.
    package var place: SyslogSocket {
        SyslogSocket(transport: transport == .udp ? .udp : .tcp, host: host, port: port)
    }
}

extension RegistrySettings {
    /// The sockets of `logs`.
    package var sockets: [SyslogSocket] {
        logs.compactMap { source in
            guard case .syslog(let socket) = source else { return nil }
            return socket
        }
    }
}
