import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

// Who may send, and for which registry.
extension AccessRoutes {
    /// Who sends, as far as the head of the request shows.
    struct Sender {
        var registry: String
        /// What the body is to be compared with, where nothing else has shown a token.
        var signature: BodySignature?
        /// The address that the request came from; empty where that is not known.
        var address: String
    }

    /// The registry that the request is for.
    ///
    /// The token comes first, so that strangers don't learn which registries there are.
    func sender(
        of request: Request,
        _ context: some RequestContext
    ) throws -> Sender {
        var sender = Sender(
            registry: context.parameters.get("registry").map(Self.decoded) ?? "",
            address: ""
        )
        let segment = context.parameters.get("token").map(Self.decoded)
        if let tokens, !tokens.permit(request.headers, segment: segment) {
            sender.address = Self.address(of: context)
            sender.signature = BodySignature(in: request.headers)
            guard sender.signature != nil, request.method == .post else {
                let isBare = request.headers[.authorization] == nil && segment == nil
                note(isBare ? .missingToken : .wrongToken, sender)
                let place = request.uri.path.split(separator: "/").prefix(2).joined(separator: "/")
                throw Refusal.noToken("/\(place)")
            }
            return sender
        }
        guard sink.knows(registry: sender.registry) else {
            sender.address = Self.address(of: context)
            throw unknown(sender)
        }
        return sender
    }

    /// Refuses what is not signed with a token, now that the whole body is there.
    func check(_ sender: Sender, _ body: ByteBuffer) throws {
        guard let tokens, let signature = sender.signature else { return }
        guard tokens.permit(body.readableBytesView, signedBy: signature) else {
            note(.wrongSignature, sender)
            throw Refusal.badSignature(sender.registry)
        }
        guard sink.knows(registry: sender.registry) else { throw unknown(sender) }
    }

    private func unknown(_ sender: Sender) -> Refusal {
        note(.unknownRegistry, sender)
        return .unknown(registry: sender.registry)
    }

    /// Counts a refusal; the name that a stranger gave is not kept, for it may be a misplaced token.
    private func note(_ reason: RefusedDelivery.Reason, _ sender: Sender) {
        let isKnown = sink.knows(registry: sender.registry)
        let isShown = reason == .unknownRegistry && !(tokens?.permit(sender.registry) ?? false)
        refused.note(
            RefusedDelivery(
                registry: isKnown ? sender.registry : nil,
                reason: reason,
                lastAt: now(),
                address: sender.address,
                name: isShown ? Self.excerpt(sender.registry) : ""
            )
        )
    }

    private static func address(of context: some RequestContext) -> String {
        (context as? any RemoteAddressRequestContext)?.remoteAddress?.ipAddress ?? ""
    }

    /// A name that anybody may have written, for logs and terminals.
    private static func excerpt(_ name: String) -> String {
        name.unicodeScalars.prefix(longestName).map { $0.escaped(asASCII: true) }.joined()
    }

    private static let longestName = 60

    /// The segment without percent encoding, which hardly any name has and which takes long to undo.
    private static func decoded(_ segment: String) -> String {
        segment.utf8.contains(UInt8(ascii: "%"))
            ? segment.removingPercentEncoding ?? segment : segment
    }
}
