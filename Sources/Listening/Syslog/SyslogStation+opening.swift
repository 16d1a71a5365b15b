import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

// How sockets are opened, and what the kernel tells of them.
extension SyslogStation {
    func open() async throws {
        let listener =
            socket.transport == .udp ? try await openForDatagrams() : try await openForStreams()
        state.withLock { $0.listener = listener }
    }

    private func openForDatagrams() async throws -> any Channel {
        let listener = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelOption(.datagramVectorReadMessageCount, value: Self.datagramsAtOnce)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(
                    capacity: Self.datagramsAtOnce * Self.largestDatagram
                )
            )
            .channelInitializer { [inbox, senders] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SyslogDatagrams(inbox: inbox, senders: senders)
                    )
                }
            }
            .bind(host: socket.host, port: socket.port).get()
        await widen(listener)
        watchDrops(of: listener)
        return listener
    }

    private func openForStreams() async throws -> any Channel {
        let encryption = try encryption()
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.recvAllocator, value: Self.reads)
            .childChannelInitializer { channel in self.accept(channel, encryption) }
            .bind(host: socket.host, port: socket.port).get()
    }

    /// A sender that has much to say fills the larger of these.
    private static let reads = AdaptiveRecvByteBufferAllocator(
        minimum: 4_096,
        initial: 16_384,
        maximum: 262_144
    )
    private static let datagramsAtOnce = 16
    private static let largestDatagram = 65_536
    /// Each may hold back one message of 64 KiB.
    private static let mostConnections = 256

    private func accept(
        _ channel: any Channel,
        _ encryption: NIOSSLContext?
    ) -> EventLoopFuture<Void> {
        guard senders.permit(channel.remoteAddress) else { return channel.close() }
        let id = ObjectIdentifier(channel)
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.connections.count < Self.mostConnections else {
                return false
            }
            state.connections[id] = channel
            return true
        }
        guard isTaken else {
            senders.refuse(channel.remoteAddress, "\(Self.mostConnections) are connected already")
            return channel.close()
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { $0.connections[id] = nil }
        }
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let encryption {
                try pipeline.addHandler(NIOSSLServerHandler(context: encryption))
            }
            try pipeline.addHandler(SyslogConnection(inbox: self.inbox))
        }
    }

    private func encryption() throws -> NIOSSLContext? {
        guard let certificate = socket.certificate else { return nil }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.chain).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
        )
        if let authority = certificate.clientAuthority {
            configuration.trustRoots = .file(authority)
            configuration.certificateVerification = .noHostnameVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }

    // MARK: Datagrams that the kernel drops

    /// Asks for a large buffer of the kernel's; what `net.core.rmem_max` leaves of it must do.
    private func widen(_ channel: any Channel) async {
        guard let options = channel as? any SocketOptionProvider else { return }
        let size = CInt(Self.burst)
        let forced = options.unsafeSetSocketOption(
            level: .socket,
            name: NIOBSDSocket.Option(rawValue: Self.forcedBufferSize),
            value: size
        )
        // Only root may go beyond the limit.
        if (try? await forced.get()) == nil {
            try? await channel.setOption(.socketOption(.so_rcvbuf), value: .init(size)).get()
        }
    }

    private func watchDrops(of channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else { return }
        let task = channel.eventLoop.scheduleRepeatedTask(
            initialDelay: Self.dropInterval,
            delay: Self.dropInterval
        ) { _ in
            let memory: EventLoopFuture<SocketMemory> = options.unsafeGetSocketOption(
                level: .socket,
                name: NIOBSDSocket.Option(rawValue: Self.memoryOption)
            )
            memory.whenSuccess { self.note(kernelDrops: $0.drops) }
        }
        channel.closeFuture.whenComplete { _ in task.cancel() }
    }

    private func note(kernelDrops: UInt32) {
        let more = state.withLock { state in
            defer { state.kernelDrops = kernelDrops }
            return kernelDrops &- state.kernelDrops
        }
        guard more > 0 else { return }
        _ = inbox.add { $0.dropped += Int(more) }
    }

    private static let dropInterval = TimeAmount.milliseconds(500)
    /// `SO_RCVBUFFORCE` and `SO_MEMINFO` (Linux, asm-generic/socket.h).
    private static let forcedBufferSize: CInt = 33
    private static let memoryOption: CInt = 55
}

/// What the kernel tells of a socket's buffers (`SK_MEMINFO_*`, linux/sock_diag.h).
private struct SocketMemory: Sendable {
    var received: UInt32
    var receiveLimit: UInt32
    var sending: UInt32
    var sendLimit: UInt32
    var forwarded: UInt32
    var queued: UInt32
    var options: UInt32
    var backlog: UInt32
    var drops: UInt32
}
