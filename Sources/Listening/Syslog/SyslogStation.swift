import EventDecoding
import Logging
import NIOCore
import RegistryModel
import Synchronization

/// One socket: what it takes is decoded and recorded batch by batch.
final class SyslogStation: Sendable {
    let registry: String
    let socket: SyslogSocket
    let inbox: SyslogInbox
    let senders: PermittedSenders
    let state = Mutex(State())

    struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
        /// What the kernel says that it has dropped.
        var kernelDrops: UInt32 = 0
    }

    init(registry: String, _ socket: SyslogSocket, logger: Logger) {
        self.registry = registry
        self.socket = socket
        inbox = SyslogInbox(limit: socket.transport == .udp ? Self.burst : Self.backlog)
        senders = PermittedSenders(socket, logger: logger)
    }

    /// Bytes waiting for the ledger; a sender over TCP waits for more room.
    private static let backlog = 4 << 20
    /// Datagrams can't wait, so a burst of some fifty thousand is taken in.
    static let burst = 8 << 20

    // MARK: Recording

    /// Records what comes, in its order, until the station is closed and all is recorded.
    ///
    /// The next batch is decoded while the last one is being written.
    func drain(into sink: any AccessSink, outages: OutageLog) async {
        var numbering = LineNumbering()
        await withTaskGroup(of: Void.self) { group in
            for await _ in inbox.news {
                while let load = inbox.take() {
                    let body = decode(load, &numbering)
                    await group.next()
                    group.addTask { await self.record(body, sink, outages) }
                }
            }
        }
    }

    private func decode(_ load: SyslogInbox.Load, _ numbering: inout LineNumbering) -> DecodedBody {
        var body = AccessLog.decode(load.text, socket.dialect)
        numbering.number(&body.accesses)
        body.sortAccesses()
        body.isHearsay = true
        body.socket = .init(address: "\(socket)", lines: load.lines, dropped: load.dropped)
        if load.dropped > 0 {
            body.loss =
                socket.transport == .udp
                ? "\(socket) dropped lines: more came than could be recorded"
                : "\(socket) dropped lines that were too long or cut off"
        }
        return body
    }

    /// Tries until it is recorded: what can't wait meanwhile is dropped and counted.
    private func record(
        _ body: DecodedBody,
        _ sink: any AccessSink,
        _ outages: OutageLog
    ) async {
        while !Task.isCancelled {
            do {
                _ = try await sink.record(body, from: .log, of: registry)
                return
            } catch {
                outages.note(error, registry: registry)
            }
            if state.withLock({ $0.isClosed }) { return }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private static let pause = Duration.seconds(1)

    /// Stops reading; what was read is still recorded.
    func close() {
        let channels = state.withLock { state in
            state.isClosed = true
            return [state.listener].compactMap(\.self) + Array(state.connections.values)
        }
        for channel in channels { channel.close(promise: nil) }
        inbox.close()
    }
}
