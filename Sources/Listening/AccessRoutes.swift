import EventDecoding
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
package import RegistryModel

/// Where registries, proxies and log forwarders send what they saw (design, section 6.3).
package struct AccessRoutes: Sendable {
    let sink: any AccessSink
    let limits: BodyLimits
    let outages: OutageLog
    let now: @Sendable () -> Timestamp
    /// How the records of logs are named.
    let naming: RecordNaming
    private let tokens: AccessTokens?

    /// Without `tokens` everyone may send.
    package init(
        sink: any AccessSink,
        tokens: AccessTokens?,
        limits: BodyLimits = BodyLimits(),
        naming: RecordNaming = .digest,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.now = now
        self.sink = sink
        self.tokens = tokens
        self.limits = limits
        self.naming = naming
        outages = OutageLog(logger: logger)
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

    /// Who sends, as far as the head of the request shows.
    struct Sender {
        var registry: String
        /// What the body is to be compared with, where nothing else has shown a token.
        var signature: BodySignature?
    }

    /// The registry that the request is for.
    ///
    /// The token comes first, so that strangers don't learn which registries there are.
    func sender(
        of request: Request,
        _ context: some RequestContext
    ) throws -> Sender {
        var sender = Sender(registry: context.parameters.get("registry").map(Self.decoded) ?? "")
        let segment = context.parameters.get("token").map(Self.decoded)
        if let tokens, !tokens.permit(request.headers, segment: segment) {
            sender.signature = BodySignature(in: request.headers)
            guard sender.signature != nil, request.method == .post else {
                let place = request.uri.path.split(separator: "/").prefix(2).joined(separator: "/")
                throw Refusal.noToken("/\(place)")
            }
            return sender
        }
        guard sink.knows(registry: sender.registry) else {
            throw Refusal.unknown(registry: sender.registry)
        }
        return sender
    }

    /// Refuses what is not signed with a token, now that the whole body is there.
    func check(_ sender: Sender, _ body: ByteBuffer) throws {
        guard let tokens, let signature = sender.signature else { return }
        guard tokens.permit(body.readableBytesView, signedBy: signature) else {
            throw Refusal.badSignature(sender.registry)
        }
        guard sink.knows(registry: sender.registry) else {
            throw Refusal.unknown(registry: sender.registry)
        }
    }

    /// The segment without percent encoding, which hardly any name has and which takes long to undo.
    private static func decoded(_ segment: String) -> String {
        segment.utf8.contains(UInt8(ascii: "%"))
            ? segment.removingPercentEncoding ?? segment : segment
    }
}
