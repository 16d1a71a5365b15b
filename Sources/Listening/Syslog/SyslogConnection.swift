import EventDecoding
import NIOCore

/// Reads one sender's stream, no further than there is room: the sender waits then (TCP), or its
/// queue does.
final class SyslogConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: SyslogInbox
    private var framing = SyslogFraming()
    private var hasRoom = true

    init(inbox: SyslogInbox) { self.inbox = inbox }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        hasRoom = inbox.add { load in
            bytes.withUnsafeReadableBytes { bytes in
                framing.read(bytes) { load.take($0) }
            }
            load.dropped += framing.takeDropped()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !hasRoom else { return context.read() }
        let channel = context.channel
        inbox.whenRoom { channel.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        _ = inbox.add { load in
            framing.finish { load.take($0) }
            load.dropped += framing.takeDropped()
        }
        context.fireChannelInactive()
    }

    /// A sender that breaks off, or fails to agree on TLS, comes again.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Reads datagrams, each a message, no further than there is room; then the kernel drops, and counts.
final class SyslogDatagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let inbox: SyslogInbox
    private let senders: PermittedSenders
    private var hasRoom = true
    /// What was found of the last sender.
    private var last: (address: SocketAddress, isPermitted: Bool)?

    init(inbox: SyslogInbox, senders: PermittedSenders) {
        self.inbox = inbox
        self.senders = senders
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data)
        guard isPermitted(datagram.remoteAddress) else { return }
        hasRoom = inbox.add { load in
            datagram.data.withUnsafeReadableBytes { load.take($0) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !hasRoom else { return context.read() }
        hasRoom = true
        let channel = context.channel
        inbox.whenRoom { channel.read() }
    }

    /// An error of one datagram, such as an answer that nobody listens, is none of the socket.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private func isPermitted(_ address: SocketAddress) -> Bool {
        if let last, last.address == address { return last.isPermitted }
        let isPermitted = senders.permit(address)
        last = (address, isPermitted)
        return isPermitted
    }
}
