package import Hummingbird
package import NIOCore

/// What is known of a request besides what it says: who sends it.
package struct ListeningContext: RemoteAddressRequestContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Asked for only where something is refused.
    package var remoteAddress: SocketAddress? { channel.remoteAddress }
}
