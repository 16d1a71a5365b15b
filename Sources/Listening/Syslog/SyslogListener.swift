import Foundation
package import Logging
import NIOCore
package import RegistryModel
import ServiceLifecycle

/// Takes lines of access logs by syslog, over UDP, TCP and TLS.
///
/// Nothing is acknowledged: the protocol has no word for it. Over TCP nothing is taken that there is
/// no room for; what a datagram socket has no room for is dropped and counted, and opens a gap.
package struct SyslogListener: Service {
    private let stations: [SyslogStation]
    private let sink: any AccessSink
    private let outages: OutageLog

    /// Opens all sockets; lines wait in them until `run`.
    ///
    /// - Throws: `SyslogSocketError` when one can't be opened; none is open then.
    package init(
        _ sockets: [(registry: String, socket: SyslogSocket)],
        sink: any AccessSink,
        logger: Logger
    ) async throws {
        self.sink = sink
        outages = OutageLog(logger: logger)
        var opened: [SyslogStation] = []
        for (registry, socket) in sockets {
            let station = SyslogStation(registry: registry, socket, logger: logger)
            do {
                try await station.open()
            } catch {
                for station in opened { station.close() }
                throw SyslogSocketError(socket: socket, reason: Self.reason(error))
            }
            opened.append(station)
            logger.info(
                "listening for syslog",
                metadata: ["registry.name": "\(registry)", "socket": "\(socket)"]
            )
        }
        stations = opened
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return "\(String(cString: strerror(error.errnoCode))); choose another address in `logs`"
    }

    /// Records what comes until the service is told to stop and all that was taken is recorded.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    for station in stations {
                        group.addTask { await station.drain(into: sink, outages: outages) }
                    }
                }
            } onCancel: {
                close()
            }
        } onGracefulShutdown: {
            close()
        }
        try await gracefulShutdown()
    }

    private func close() {
        for station in stations { station.close() }
    }
}
