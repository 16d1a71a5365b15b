import EventDecoding
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension AccessRoutes {
    /// Takes one webhook of whatever kind, or answers its sender's question whether it may send.
    func takeWebhook(_ request: Request, from sender: Sender) async throws -> Response {
        if request.headers[named: Self.eventGridType] == "SubscriptionValidation" {
            return try await validate(request, sender)
        }
        let answer = try await answer(to: request, as: .events, from: sender) { body in
            Webhook.decode(body, described(request))
        }
        return answer.response
    }

    private func described(_ request: Request) -> WebhookRequest {
        var fields: [String: String] = [:]
        for field in request.headers where WebhookRequest.telling.contains(field.name.canonicalName)
        {
            fields[field.name.canonicalName] = field.value
        }
        return WebhookRequest(fields: fields, receivedAt: now())
    }

    /// Sends Azure Event Grid its code back; any other status than 200 is no answer to it.
    private func validate(_ request: Request, _ sender: Sender) async throws -> Response {
        let body = try await read(request)
        try check(sender, body)
        guard let code = body.withUnsafeReadableBytes({ Webhook.validationCode(in: $0) }) else {
            throw Refusal(status: .badRequest, reason: "a validation without validationCode")
        }
        let answer = try JSONEncoder().encode(["validationResponse": code])
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer))
        )
    }

    /// Lets a sender of CloudEvents send (CloudEvents, "HTTP 1.1 Web Hooks", section 4).
    static func consent(to request: Request, from sender: Sender) -> Response {
        var headers: HTTPFields = [.allow: "POST"]
        if let origin = request.headers[named: requestOrigin] {
            headers[named: allowedOrigin] = origin
            headers[named: allowedRate] = "*"
        }
        return Response(status: .ok, headers: headers)
    }

    private static let eventGridType = HTTPField.Name("aeg-event-type")
    private static let requestOrigin = HTTPField.Name("WebHook-Request-Origin")
    private static let allowedOrigin = HTTPField.Name("WebHook-Allowed-Origin")
    private static let allowedRate = HTTPField.Name("WebHook-Allowed-Rate")
}
