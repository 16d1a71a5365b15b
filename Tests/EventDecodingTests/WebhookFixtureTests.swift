import EventDecoding
import Foundation
import RegistryModel
import Testing

/// Every webhook under `fixtures/webhooks` decodes to what stands beside it.
struct WebhookFixtureTests {
    @Test(arguments: try Fixture.all("webhooks").filter { !$0.isHandshake })
    func decodesAsExpected(_ fixture: Fixture) throws {
        #expect(BodySummary(try decoded(fixture)) == (try fixture.expected))
    }

    /// A sender that tries again, or sends the same event to two hooks, counts once.
    @Test(arguments: try Fixture.all("webhooks").filter { !$0.isHandshake })
    func namesTheSameEventAlike(_ fixture: Fixture) throws {
        let first = try decoded(fixture).accesses.map(\.key)
        #expect(first == (try decoded(fixture).accesses.map(\.key)))
        #expect(Set(first).count == first.count)
    }

    // Without its metadata nothing tells a push that is delivered late from a new one.
    @Test func whatPubSubNamesByNothingIsRejected() throws {
        let body = Array(
            #"{"action":"INSERT","tag":"us-docker.pkg.dev/proj/team/api:1.4.2"}"#.utf8
        )
        let request = WebhookRequest(receivedAt: Timestamp(milliseconds: 1_772_600_800_000))
        let decoded = Webhook.decode(body, request)
        #expect(decoded.accesses.isEmpty && decoded.rejected == 1)
        let reason = try #require(decoded.rejections.first?.reason)
        #expect(reason.contains("--push-no-wrapper-write-metadata"))
    }

    @Test func tellsEventGridItsCode() throws {
        let fixture = try #require(
            try Fixture.all("webhooks").first { $0.testDescription == "eventgrid-validation.http" }
        )
        let code = try fixture.request.body.withUnsafeBytes { Webhook.validationCode(in: $0) }
        #expect(code == "512d38b6-c7b8-40c8-89fe-f46f9e9622b6")
    }

    private func decoded(_ fixture: Fixture) throws -> DecodedBody {
        let request = try fixture.request
        let time = Timestamp(milliseconds: 1_772_600_800_000)
        let fields = request.fields.filter { WebhookRequest.telling.contains($0.key) }
        return Webhook.decode(request.body, WebhookRequest(fields: fields, receivedAt: time))
    }
}

extension Fixture {
    var isHandshake: Bool { testDescription.contains("validation") }

    /// The body, with the header fields of a whole request; `NAME.data.json` is the body of zot's
    /// event of that name.
    var request: (fields: [String: String], body: [UInt8]) {
        get throws {
            guard url.pathExtension == "http" else {
                let isZot = testDescription.hasPrefix("zot-")
                let fields = isZot ? ["ce-type": "zotregistry.image.deleted", "ce-id": "1"] : [:]
                return (fields, try body)
            }
            let text = String(decoding: try body, as: UTF8.self)
            let end = try #require(text.range(of: "\n\n") ?? text.range(of: "\r\n\r\n"))
            var fields: [String: String] = [:]
            for line in text[..<end.lowerBound].split(whereSeparator: \.isNewline).dropFirst() {
                let colon = try #require(line.firstIndex(of: ":"))
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                fields[line[..<colon].lowercased()] = value
            }
            let rest = text[end.upperBound...]
            let reply = rest.range(of: "\n### reply")?.lowerBound ?? rest.endIndex
            return (fields, Array(rest[..<reply].utf8))
        }
    }
}
