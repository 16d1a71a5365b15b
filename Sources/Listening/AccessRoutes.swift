import EventDecoding
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
package import RegistryModel

/// Where registries, proxies and log forwarders send what they saw (design, section 6.3).
package struct AccessRoutes: Sendable {
    let sink: any AccessSink
    let limits: BodyLimits
    let outages: OutageLog
    private let tokens: AccessTokens?

    /// Without `tokens` everyone may send.
    package init(
        sink: any AccessSink,
        tokens: AccessTokens?,
        limits: BodyLimits = BodyLimits(),
        logger: Logger
    ) {
        self.sink = sink
        self.tokens = tokens
        self.limits = limits
        outages = OutageLog(logger: logger)
    }

    /// Adds `/hooks/REGISTRY` and `/logs/REGISTRY`.
    ///
    /// Some forwarders send HEAD first and go on only after a 200.
    package func add<Context: RequestContext>(to router: Router<Context>) {
        router.post("/hooks/{registry}") { request, context in
            let registry = try addressee(of: request, context.parameters.get("registry"))
            return try await take(request, from: .events, of: registry) {
                NotificationEnvelope.decode($0)
            }
        }
        router.post("/logs/{registry}") { request, context in
            let registry = try addressee(of: request, context.parameters.get("registry"))
            let format = try format(of: request)
            return try await take(request, from: .log, of: registry) {
                AccessLog.decode($0, format: format)
            }
        }
        router.head("/hooks/{registry}") { request, context in
            _ = try addressee(of: request, context.parameters.get("registry"))
            return Response(status: .ok)
        }
        router.head("/logs/{registry}") { request, context in
            _ = try addressee(of: request, context.parameters.get("registry"))
            _ = try format(of: request)
            return Response(status: .ok)
        }
    }

    /// The registry that the request is for.
    ///
    /// The token comes first, so that strangers don't learn which registries there are.
    private func addressee(of request: Request, _ segment: String?) throws -> String {
        if let tokens, !tokens.permit(request.headers[.authorization]) {
            throw Refusal.noToken(request.uri.path)
        }
        let name = segment.map(Self.decoded) ?? ""
        guard sink.knows(registry: name) else { throw Refusal.unknown(registry: name) }
        return name
    }

    /// The segment without percent encoding, which hardly any name has and which takes long to undo.
    private static func decoded(_ segment: String) -> String {
        segment.utf8.contains(UInt8(ascii: "%"))
            ? segment.removingPercentEncoding ?? segment : segment
    }

    private func format(of request: Request) throws -> LogFormat? {
        guard let name = request.uri.queryParameters["format"] else { return nil }
        guard let format = LogFormat(rawValue: String(name)) else {
            throw Refusal.unknown(
                format: String(name),
                known: LogFormat.allCases.map(\.rawValue)
            )
        }
        return format
    }
}
