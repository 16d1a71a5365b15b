import Foundation
import Listening
import RegistryModel
import TestSupport
import Testing

/// Who may send, by each of the ways that senders have.
struct WebhookAccessTests {
    private let sink = FakeSink()
    private let body = Array(#"{"action":"ping"}"#.utf8)

    private func send(
        _ path: String,
        _ headers: [String: String] = [:],
        method: String = "POST",
        token: String = "It's a Secret to Everybody",
        body: [UInt8]? = nil
    ) async throws -> Answer {
        let tokens = AccessTokens(Secret(token))
        let routes = AccessRoutes(sink: sink, tokens: tokens, logger: .silent) {
            Timestamp(milliseconds: 0)
        }
        return try await TestServer.run {
            routes.add(to: $0)
        } body: { server in
            Answer(
                try await StreamingClient.answer(
                    port: server.port,
                    path: path,
                    method: method,
                    headers: headers,
                    body: method == "POST" ? body ?? self.body : []
                )
            )
        }
    }

    private struct Answer {
        var status: Int
        var fields: [Substring]
        var text: String

        init(_ whole: String) {
            let parts = whole.components(separatedBy: "\r\n\r\n")
            fields = parts[0].split(separator: "\r\n")
            status = fields.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            text = parts.dropFirst().joined(separator: "\r\n\r\n")
        }

        subscript(_ field: String) -> String? {
            fields.first { $0.lowercased().hasPrefix("\(field.lowercased()):") }
                .map { $0.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    /// GitHub's published example: the body `Hello, World!`.
    @Test(arguments: [
        (
            "X-Hub-Signature-256",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        ),
        (
            "X-JFrog-Event-Auth",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        ),
        ("X-Hub-Signature", "sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59"),
        ("X-Nexus-Webhook-Signature", "01DC10D0C83E72ED246219CDD91669667FE2CA59"),
    ])
    func takesWhatIsSigned(field: String, signature: String) async throws {
        let greeting = Array("Hello, World!".utf8)
        let answer = try await send("/hooks/local", [field: signature], body: greeting)
        // It is no JSON, which is counted and not refused.
        #expect(answer.status == 202)
        #expect(sink.deliveries.map(\.body.rejections.count) == [1])
        let other = try await send("/hooks/local", [field: signature], body: greeting + [0x20])
        #expect(other.status == 401)
        #expect(other.text.contains("give the sender that token as its secret"))
        let unknown = try await send("/hooks/other", [field: signature], body: greeting)
        #expect(unknown.status == 404)
        #expect(sink.deliveries.count == 1)
    }

    @Test(arguments: [
        ("X-Hub-Signature-256", "sha256=75"), ("X-Hub-Signature-256", "757107"),
        ("X-Hub-Signature", "sha256=01dc10d0c83e72ed246219cdd91669667fe2ca59"),
        ("X-Hub-Signature-256", "sha256=" + String(repeating: "+1", count: 32)),
    ])
    func whatIsNoSignatureIsNoToken(field: String, value: String) async throws {
        let answer = try await send("/hooks/local", [field: value])
        #expect(answer.status == 401)
        #expect(sink.deliveries.isEmpty)
    }

    @Test(arguments: ["X-Token", "X-JFrog-Event-Auth", "Authorization", "X-Anything"])
    func takesTheTokenAsTheValueOfAnyField(field: String) async throws {
        #expect(try await send("/hooks/local", [field: "sesame"], token: "sesame").status == 202)
        #expect(try await send("/hooks/local", [field: "sesam"], token: "sesame").status == 401)
    }

    @Test func takesTheTokenAsTheEndOfThePath() async throws {
        #expect(try await send("/hooks/local/a%2Fb", token: "a/b").status == 202)
        #expect(try await send("/hooks/local/a%2Fb", method: "HEAD", token: "a/b").status == 200)
        let answer = try await send("/hooks/local/wrong", token: "a/b")
        #expect(answer.status == 401)
        #expect(!answer.text.contains("wrong"))
        #expect(try await send("/hooks/local/a/b", token: "a/b").status == 404)
    }

    @Test func letsCloudEventsIn() async throws {
        let answer = try await send(
            "/hooks/local/sesame",
            ["WebHook-Request-Origin": "eventgrid.azure.net"],
            method: "OPTIONS",
            token: "sesame"
        )
        #expect(answer.status == 200)
        #expect(answer["WebHook-Allowed-Origin"] == "eventgrid.azure.net")
        #expect(answer["WebHook-Allowed-Rate"] == "*")
        #expect(answer["Allow"] == "POST")
        let stranger = try await send("/hooks/local", method: "OPTIONS", token: "sesame")
        #expect(stranger.status == 401)
    }

    @Test func tellsEventGridItsCodeBack() async throws {
        let event =
            #"[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","#
            + #""data":{"validationCode":"512d\"38b6"}}]"#
        let answer = try await send(
            "/hooks/local/sesame",
            ["aeg-event-type": "SubscriptionValidation"],
            token: "sesame",
            body: Array(event.utf8)
        )
        #expect(answer.status == 200)
        #expect(answer.text == #"{"validationResponse":"512d\"38b6"}"#)
        #expect(sink.deliveries.isEmpty)
        let stranger = try await send(
            "/hooks/local/wrong",
            ["aeg-event-type": "SubscriptionValidation"],
            token: "sesame",
            body: Array(event.utf8)
        )
        #expect(stranger.status == 401)
    }
}
