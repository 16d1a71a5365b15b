import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore

/// Makes the HTTP service for `router`, with settings for many senders that stay connected.
///
/// Port 0 takes a free one. `onServerRunning` is called when the port is open, and learns which it is
/// from the channel's local address.
package func makeApplication<Context: RequestContext>(
    router: Router<Context>,
    host: String,
    port: Int,
    onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in },
    logger: Logger
) -> Application<RouterResponder<Context>>
where Context.Source == ApplicationRequestContextSource {
    Application(
        router: router,
        server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: idleTimeout)),
        configuration: ApplicationConfiguration(
            address: .hostname(host, port: port),
            backlog: backlog
        ),
        onServerRunning: onServerRunning,
        logger: logger
    )
}

/// Longer than clients keep a silent connection (Go's 90 s): where the server closes it first, the
/// request that crosses on the wire is lost to its sender.
private let idleTimeout = TimeAmount.seconds(180)

/// All nodes of a cluster connect at once when the daemon comes back.
private let backlog = 1_024
