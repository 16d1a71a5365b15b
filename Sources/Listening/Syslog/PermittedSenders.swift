import Logging
import NIOCore
import RegistryModel
import Synchronization

/// Who may send to a socket; that somebody else tries is logged once a minute.
final class PermittedSenders: Sendable {
    private let socket: SyslogSocket
    private let logger: Logger
    private let lastLine = Mutex<ContinuousClock.Instant?>(nil)

    init(_ socket: SyslogSocket, logger: Logger) {
        self.socket = socket
        self.logger = logger
    }

    func permit(_ address: SocketAddress?) -> Bool {
        guard !socket.networks.isEmpty else { return true }
        let sender = address?.ipAddress.flatMap { IPAddress($0) }
        if let sender, socket.networks.contains(where: { $0.contains(sender) }) { return true }
        refuse(address, "is in none of its networks")
        return false
    }

    func refuse(_ address: SocketAddress?, _ reason: String) {
        let now = ContinuousClock.now
        let isDue = lastLine.withLock { last in
            if let last, now - last < Self.interval { return false }
            last = now
            return true
        }
        guard isDue else { return }
        logger.warning(
            "sender of syslog refused",
            metadata: [
                "socket": "\(socket)",
                "sender": "\(address?.ipAddress ?? "unknown")",
                "reason": "\(reason)",
            ]
        )
    }

    private static let interval = Duration.seconds(60)
}
