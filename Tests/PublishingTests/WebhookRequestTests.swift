import CurlTransport
import Foundation
import Publishing
import RegistryModel
import TestSupport
import Testing

/// What a receiver gets (CloudEvents 1.0, Standard Webhooks).
struct WebhookRequestTests {
    private let event = CloudEvent(Samples.docker(7), source: "urn:lastpull:paris")
    private let time = Timestamp(milliseconds: 1_614_265_330_999)

    private func webhook(
        _ mode: Webhook.Mode = .structured,
        secrets: [String] = []
    ) throws -> Webhook {
        Webhook(
            name: "ops",
            url: Secret("https://ops.example/prune?room=7"),
            mode: mode,
            keys: try secrets.map { try #require(WebhookKey(Secret($0))) },
            fields: [.init(name: "X-Site", value: Secret("paris"))]
        )
    }

    private func object(_ body: [UInt8]?) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(body ?? []))
        return try #require(object as? [String: Any])
    }

    @Test func structuredModeHasTheWholeEventInTheBody() throws {
        let request = try webhook().request(for: event, at: time)
        #expect(request.method == "POST")
        #expect(request.url == "https://ops.example/prune?room=7")
        #expect(request.headers["Content-Type"] == "application/cloudevents+json")
        #expect(request.headers["ce-id"] == nil)
        let object = try object(request.body)
        let texts = object.compactMapValues { $0 as? String }
        #expect(
            texts == [
                "specversion": "1.0", "id": "7-1772600767123", "source": "urn:lastpull:paris",
                "type": "io.lastpull.prune", "subject": "local",
                "time": "2026-03-04T05:06:07.123Z", "datacontenttype": "application/json",
            ]
        )
        let data = try #require(object["data"] as? [String: Any])
        #expect(data["status"] as? String == "prune")
        #expect(data["Type"] as? String == "blob")
        let actor = try #require(data["Actor"] as? [String: Any])
        let attributes = try #require(actor["Attributes"] as? [String: String])
        #expect(attributes["reclaimed"] == "7")
    }

    @Test func binaryModeHasTheAttributesInHeaderFields() throws {
        let request = try webhook(.binary).request(for: event, at: time)
        #expect(request.headers["Content-Type"] == "application/json")
        let fields = ["specversion", "id", "source", "type", "subject", "time"].map {
            request.headers["ce-\($0)"]
        }
        #expect(
            fields == [
                "1.0", "7-1772600767123", "urn:lastpull:paris", "io.lastpull.prune", "local",
                "2026-03-04T05:06:07.123Z",
            ]
        )
        #expect(request.body.map { String(decoding: $0, as: UTF8.self) } == Samples.docker(7).json)
    }

    // A field has only printable letters of ASCII; a quote and a percent sign are escaped, too.
    @Test func whatAFieldCannotHoldIsEscaped() throws {
        var docker = Samples.docker(1)
        docker.event.actor = "Zürich \"1\" 5%\n"
        let event = CloudEvent(docker, source: "urn:lastpull")
        let fields = try webhook(.binary).request(for: event, at: time).headers
        #expect(fields["ce-subject"] == "Z%C3%BCrich%20%221%22%205%25%0A")
        let body = try webhook().request(for: event, at: time).body
        #expect(try object(body)["subject"] as? String == docker.event.actor)
    }

    @Test func anEventAboutNoRegistryHasNoSubject() throws {
        var docker = Samples.docker(1)
        docker.event.actor = ""
        let event = CloudEvent(docker, source: "urn:lastpull")
        #expect(try webhook(.binary).request(for: event, at: time).headers["ce-subject"] == nil)
        #expect(try object(webhook().request(for: event, at: time).body)["subject"] == nil)
    }

    @Test func ownFieldsGoAlong() throws {
        let headers = try webhook().request(for: event, at: time).headers
        #expect(headers["X-Site"] == "paris")
        #expect(headers["User-Agent"] == OwnUserAgent.product)
    }

    // MARK: Signatures

    /// The example that the specification's own libraries are tested with.
    @Test func signsAsTheSpecificationsLibrariesDo() throws {
        let key = try #require(WebhookKey(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
        let signature = key.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            seconds: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8)
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func everySecretSignsTheAttemptAndNotTheEvent() throws {
        let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "another secret, as it is"]
        let both = try webhook(secrets: secrets).request(for: event, at: time).headers
        #expect(both["webhook-id"] == event.id)
        #expect(both["webhook-timestamp"] == "1614265330")
        let signatures = try #require(both["webhook-signature"]).split(separator: " ")
        #expect(signatures.count == 2)
        for (secret, signature) in zip(secrets, signatures) {
            let one = try webhook(secrets: [secret]).request(for: event, at: time).headers
            #expect(one["webhook-signature"] == String(signature))
        }
        let later = try webhook(secrets: secrets).request(for: event, at: time + .seconds(1))
        #expect(later.headers["webhook-id"] == event.id)
        #expect(later.headers["webhook-timestamp"] == "1614265331")
        #expect(later.headers["webhook-signature"] != both["webhook-signature"])
        let unsigned = try webhook().request(for: event, at: time).headers
        #expect(unsigned["webhook-signature"] == nil)
    }

    @Test func base64NeedsNoPaddingButMustBeSome() {
        #expect(WebhookKey(Secret("whsec_YWI=")) == WebhookKey(Secret("whsec_YWI")))
        #expect(WebhookKey(Secret("whsec_YWI=")) == WebhookKey(Secret("ab")))
        for text in ["whsec_", "whsec_====", "whsec_a", "whsec_a b c d", "whsec_*"] {
            #expect(WebhookKey(Secret(text)) == nil, "\(text)")
        }
    }

    @Test func keysDoNotPrintThemselves() throws {
        let webhook = try webhook(secrets: ["hunter2"])
        #expect(!"\(webhook)".contains("hunter2"))
        #expect(!"\(webhook)".contains("room=7"))
        #expect(!"\(webhook)".contains("paris"))
    }
}
