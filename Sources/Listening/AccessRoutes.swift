import EventDecoding
package import Hummingbird
package import Logging
package import RegistryModel

/// Where registries, proxies and log forwarders send what they saw (design, section 6.3).
package struct AccessRoutes: Sendable {
    let sink: any AccessSink
    let limits: BodyLimits
    let outages: OutageLog
    let now: @Sendable () -> Timestamp
    /// How the records of logs are named.
    let naming: RecordNaming
    let tokens: AccessTokens?
    let refused: RefusedDeliveries

    /// Without `tokens` everyone may send; what is refused is counted in `refused`.
    package init(
        sink: any AccessSink,
        tokens: AccessTokens?,
        limits: BodyLimits = BodyLimits(),
        naming: RecordNaming = .digest,
        refused: RefusedDeliveries? = nil,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.now = now
        self.sink = sink
        self.tokens = tokens
        self.limits = limits
        self.naming = naming
        outages = OutageLog(logger: logger)
        self.refused = refused ?? RefusedDeliveries(logger: logger)
    }

    /// Adds `/hooks/REGISTRY`, `/hooks/REGISTRY/TOKEN`, `/logs/REGISTRY` and what is below that.
    ///
    /// Some forwarders send HEAD first and go on only after a 200; senders of CloudEvents ask by
    /// OPTIONS.
    package func add<Context: RequestContext>(to router: Router<Context>) {
        for path in ["/hooks/{registry}", "/hooks/{registry}/{token}"] as [RouterPath] {
            router.post(path) { request, context in
                try await takeWebhook(request, from: try sender(of: request, context))
            }
            router.head(path) { request, context in
                _ = try sender(of: request, context)
                return Response(status: .ok)
            }
            router.on(path, method: .options) { request, context in
                Self.consent(to: request, from: try sender(of: request, context))
            }
        }
        addLogs(to: router)
    }
}
