import EventDecoding
import Foundation
import RegistryModel
import Testing

/// What senders do beside their samples.
struct WebhookShapeTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    private func decode(_ body: String, _ fields: [String: String] = [:]) -> DecodedBody {
        let time = Timestamp(milliseconds: 1_772_600_800_000)
        return Webhook.decode(Array(body.utf8), WebhookRequest(fields: fields, receivedAt: time))
    }

    @Test(arguments: [
        // A ping, and events of other things.
        #"{"action":"ping"}"#,
        #"[{"eventType":"Microsoft.ContainerRegistry.ChartPushed","data":{"action":"chart_push"}}]"#,
        #"{"type":"SCANNING_COMPLETED","occur_at":1,"event_data":{"resources":[]}}"#,
        #"{"type":"harbor.quota.exceeded","specversion":"1.0","data":{}}"#,
        #"{"specversion":"1.0","type":"zotregistry.repository.created","data":{"name":"a"}}"#,
        #"{"source":"aws.ecr","detail-type":"ECR Image Scan","detail":{"repository-name":"a"}}"#,
        #"{"domain":"artifact","event_type":"deployed","data":{"repo_key":"x","path":"a/b"}}"#,
        #"{"nodeId":"n","repositoryName":"r","action":"CREATED","component":{"format":"npm"}}"#,
        #"{"nodeId":"n","repositoryName":"r","action":"CREATED","asset":{"format":"docker"}}"#,
        // What failed did not happen.
        #"{"source":"aws.ecr","detail-type":"ECR Image Action","detail":{"result":"FAILURE","#
            + #""action-type":"DELETE","repository-name":"a","image-tag":"1"}}"#,
    ])
    func ignoresWhatSaysNothingOfUse(body: String) {
        let decoded = decode(body)
        #expect(decoded.accesses.isEmpty)
        #expect(decoded.ignored == 1)
        #expect(decoded.rejections.isEmpty)
    }

    @Test(arguments: ["{1}", "Notification", "[{1}]"])
    func countsThePullsThatCloudTrailTellsByEventBridge(frame: String) throws {
        let images = #"[{"imageTag":"v1"},{"imageDigest":"\#(Self.digest)"}]"#
        let call =
            #"{"source":"aws.ecr","detail-type":"AWS API Call via CloudTrail","id":"7","detail":{"#
            + #""eventSource":"ecr.amazonaws.com","eventName":"BatchGetImage","eventID":"1","#
            + #""eventTime":"2026-03-04T05:06:07Z","requestParameters":{"repositoryName":"team/api","#
            + #""imageIds":\#(images)}}}"#
        let body =
            frame == "Notification"
            ? #"{"Type":"Notification","Message":"\#(call.replacing("\"", with: "\\\""))"}"#
            : frame.replacing("{1}", with: call)
        let accesses = decode(body).accesses
        #expect(accesses.map(\.class) == [.pull, .pull])
        #expect(accesses.map(\.tag) == [TagName("v1"), nil])
        #expect(accesses.map(\.digest) == [nil, Digest(Self.digest)])
        let second = Timestamp(milliseconds: 1_772_600_767_000)
        #expect(accesses.allSatisfy { $0.time == second && $0.isSecondGranular })
        // Twice delivered is once told.
        #expect(Set((accesses + decode(call).accesses).map(\.key)).count == 2)
        let failed = call.replacing(#""eventID""#, with: #""errorCode":"AccessDenied","eventID""#)
        #expect(decode(failed).ignored == 1 && decode(failed).accesses.isEmpty)
        let broken = call.replacing("team/api", with: "../api")
        #expect(decode(broken).rejections.count == 1)
    }

    /// As `curl -d` sends it.
    @Test(arguments: ["", "\n ", "\u{FEFF}"])
    func readsJSONThatIsCalledAForm(prefix: String) {
        let form = ["content-type": "application/x-www-form-urlencoded"]
        let push = #"{"action":"push","target":{"repository":"a","tag":"1"}}"#
        #expect(decode(prefix + push, form).accesses.map(\.tag) == [TagName("1")])
        #expect(decode(prefix + "[\(push)]", form) == decode(prefix + "[\(push)]"))
    }

    @Test func gitHubsOtherEventsAreIgnored() {
        let decoded = decode(#"{"zen":"Keep it logically awesome."}"#, ["x-github-event": "ping"])
        #expect(decoded.ignored == 1)
        #expect(decoded.rejections.isEmpty)
    }

    @Test(arguments: [
        ("hello", "not JSON: "),
        ("", "not JSON: it ends early at byte 0"),
        (#"{"hello":1}"#, "no registry's webhook: "),
        (#"{"events":{}}"#, "not an object with an array"),
        ("[1]", "no registry's webhook: "),
        (
            #"{"repository":{"repo_name":"../a"},"push_data":{"tag":"1"}}"#,
            #"repository "../a" is not a repository name"#
        ),
        (
            #"{"repository":{"repo_name":"a"},"push_data":{"tag":"a b"}}"#,
            #"tag "a b" is not a tag"#
        ),
        (#"{"action":"push","target":{"repository":"a"}}"#, "digest and tag is missing"),
        (#"{"action":"push","target":{"tag":"a"}}"#, "repository is missing"),
        (
            #"{"action":"push","target":{"repository":"a","digest":"sha256:12"}}"#,
            #"digest "sha256:12" is not a digest"#
        ),
        (#"{"message":{"data":"%"},"subscription":"s"}"#, "message.data is missing"),
        (
            #"{"Type":"SubscriptionConfirmation","TopicArn":"arn","SubscribeURL":"https://x"}"#,
            "a subscription that waits: confirm it"
        ),
    ])
    func rejectsWithTheReason(body: String, reason: String) throws {
        let decoded = decode(body)
        #expect(decoded.accesses.isEmpty)
        #expect(try #require(decoded.rejections.first).reason.hasPrefix(reason))
    }

    @Test func readsGitHubsForm() throws {
        let json =
            #"{"action":"published","package":{"package_version":{"container_metadata":"#
            + #"{"tag":{"name":"a+b","digest":"\#(Self.digest)"}},"package_url":"ghcr.io/Team/Api:x"}}}"#
        var plain = CharacterSet.alphanumerics
        plain.insert(charactersIn: "-._~")
        let form = try #require(json.addingPercentEncoding(withAllowedCharacters: plain))
        let decoded = decode(
            "payload=\(form)",
            ["content-type": "application/x-www-form-urlencoded; charset=utf-8"]
        )
        // A tag has no plus: the name is refused with what was sent, not with a blank in its place.
        #expect(decoded.rejections.first?.reason == #"tag "a+b" is not a tag"#)
        let good = decode(
            "x=1&payload=\(form.replacing("a%2Bb", with: "v1"))",
            ["content-type": "application/x-www-form-urlencoded"]
        )
        let access = try #require(good.accesses.first)
        #expect(access.repository.description == "team/api")
        #expect(access.tag?.description == "v1")
    }

    /// One push is announced under both names of the event.
    @Test func onePushOfGitHubCountsOnce() throws {
        let version =
            #"{"updated_at":"2026-03-04T05:06:07Z","package_url":"ghcr.io/a/b:1","#
            + #""container_metadata":{"tag":{"name":"1","digest":"\#(Self.digest)"}}}"#
        let keys = ["package", "registry_package"].map { name in
            decode(#"{"action":"published","\#(name)":{"package_version":\#(version)}}"#)
                .accesses.map(\.key)
        }
        #expect(keys[0].count == 1)
        #expect(keys[0] == keys[1])
    }

    @Test func anIndexsChildInArtifactoryHasNoTag() throws {
        let hex = String(repeating: "cd", count: 32)
        let decoded = decode(
            #"{"domain":"docker","event_type":"pushed","data":{"repo_key":"docker-local","#
                + #""path":"deep/team/api/sha256__\#(hex)/manifest.json","sha256":"\#(hex)","#
                + #""image_name":"team/api","tag":"sha256__\#(hex)"}}"#
        )
        let access = try #require(decoded.accesses.first)
        #expect(access.repository.description == "docker-local/deep/team/api")
        #expect(access.digest?.description == "sha256:\(hex)")
        #expect(access.tag == nil)
    }

    @Test func aBatchThatIsPartlyBadGivesTheRest() {
        let good = #"{"action":"push","id":"1","target":{"repository":"a","tag":"1"}}"#
        let bad = #"{"action":"push","id":"2","target":{"repository":"A","tag":"1"}}"#
        let decoded = decode("[\(bad),\(good)]")
        #expect(decoded.accesses.count == 1)
        #expect(decoded.rejections.count == 1)
    }

    /// Two without id in one body are two.
    @Test func eventsWithoutIdAreToldApartByTheirPlace() {
        let event = #"{"action":"push","target":{"repository":"a","tag":"1"}}"#
        let decoded = decode("[\(event),\(event)]")
        #expect(Set(decoded.accesses.map(\.key)).count == 2)
        // A megabyte of them, which must not be read anew for each.
        let many = Array(repeating: event, count: 20_000).joined(separator: ",")
        #expect(Set(decode("[\(many)]").accesses.map(\.key)).count == 20_000)
    }

    @Test func anEnvelopeWhoseEventsComeLateIsOneAllTheSame() throws {
        let event =
            #"{"id":"1","timestamp":"2026-03-04T05:06:07Z","action":"pull","target":{"repository":"#
            + #""a","digest":"\#(Self.digest)"},"source":{"instanceID":"i"}}"#
        let decoded = decode(#"{"extra":1,"events":[\#(event)]}"#)
        #expect(decoded.accesses.first?.instance == "i")
        #expect(decoded.accesses.first?.class == .pull)
    }

    @Test func aTreeTooLargeToHoldIsRejected() {
        let body = #"{"x":""# + String(repeating: "a", count: 5 << 20) + #""}"#
        #expect(decode(body).rejections.count == 1)
    }
}

/// What is kept of a body that was not understood has no secrets in it.
struct RedactionTests {
    @Test(arguments: [
        #"{"user":"eyJ","x":1"#, #"{"Authorization" : "eyJ","x":1"#, #"{"token":"eyJ","x":1"#,
        #"{"PASSWORD":"e\"yJ","x":1"#, #"{"a":{"secret":"eyJ","x":1"#,
    ])
    func takesTheValuesOfSecretsAway(body: String) throws {
        let decoded = Webhook.decode(
            Array(body.utf8),
            WebhookRequest(receivedAt: Timestamp(milliseconds: 0))
        )
        let kept = String(decoding: try #require(decoded.rejections.first).excerpt, as: UTF8.self)
        #expect(!kept.contains("eyJ") && !kept.contains("yJ"))
        #expect(kept.hasSuffix(#""<redacted>","x":1"#))
    }

    @Test(arguments: [#"{"users":"eyJ""#, #"{"user":7,"x":"eyJ""#, #"user":"eyJ"#])
    func leavesTheRest(body: String) throws {
        let decoded = Webhook.decode(
            Array(body.utf8),
            WebhookRequest(receivedAt: Timestamp(milliseconds: 0))
        )
        #expect(try #require(decoded.rejections.first).excerpt == Array(body.utf8))
    }
}
