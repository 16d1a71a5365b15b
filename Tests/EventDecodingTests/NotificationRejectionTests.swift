import EventDecoding
import RegistryModel
import Testing

struct NotificationRejectionTests {
    @Test(arguments: [
        ("", "not JSON: it ends early at byte 0"),
        ("hello", "not JSON: unexpected 'h' at byte 0"),
        ("{\"events\":[", "not JSON: it ends early at byte 11"),
        ("{\"events\":[]}x", "not JSON: more after its end at byte 13"),
        ("{\"events\":[],}", "not JSON: unexpected '}' at byte 13"),
        ("[]", "not an object with an array \"events\""),
        ("{}", "not an object with an array \"events\""),
        ("{\"events\":null}", "not an object with an array \"events\""),
        ("{\"events\":{}}", "not an object with an array \"events\""),
        ("{\"action\":\"ping\"}", "not an object with an array \"events\""),
    ])
    func rejectsBodiesThatAreNoEnvelope(_ body: String, _ reason: String) {
        let decoded = NotificationEnvelope.decode(Array(body.utf8))
        #expect(decoded.rejections.map(\.reason) == [reason])
        #expect(decoded.accesses.isEmpty && decoded.ignored == 0)
    }

    /// Half an envelope is not taken: its sender will send it again.
    @Test func takesNothingOfABrokenBody() {
        let body = "{\"events\":[\(EventSample().json),{\"id\":"
        let decoded = NotificationEnvelope.decode(Array(body.utf8))
        #expect(decoded.accesses.isEmpty && decoded.rejections.count == 1)
    }

    @Test func goesOnAfterABadEvent() throws {
        let bad = EventSample(repository: "\"../../etc\"").json
        let events = "\(EventSample().json),\(bad),7,\(EventSample(tag: "\"v1\"").json)"
        let decoded = NotificationEnvelope.decode(Array("{\"events\":[\(events)]}".utf8))
        #expect(decoded.accesses.map(\.tag) == [nil, TagName("v1")])
        #expect(
            decoded.rejections.map(\.reason) == [
                "events[1].target.repository \"../../etc\" is not a repository name",
                "events[2] is not an object",
            ]
        )
        #expect(decoded.rejections.first?.excerpt == Array(bad.utf8))
    }

    @Test func namesTheFieldThatIsWrong() throws {
        #expect(
            try EventSample(digest: "\"sha256:12\"").rejection
                == "events[0].target.digest \"sha256:12\" is not a digest"
        )
        #expect(
            try EventSample(tag: "\".x\"").rejection == "events[0].target.tag \".x\" is not a tag"
        )
        #expect(
            try EventSample(timestamp: "\"2026-02-29T00:00:00Z\"").rejection
                == "events[0].timestamp \"2026-02-29T00:00:00Z\" is not a time"
        )
        #expect(try EventSample(timestamp: nil).rejection == "events[0].timestamp is missing")
        #expect(
            try EventSample(timestamp: "\"0001-01-01T00:00:00Z\"").rejection
                == "events[0].timestamp is missing"
        )
        #expect(
            try EventSample(repository: "\"\"").rejection
                == "events[0].target.repository is missing"
        )
        #expect(try EventSample(digest: nil).rejection == "events[0].target.digest is missing")
        #expect(try EventSample(action: nil).rejection == "events[0].action is missing")
        #expect(try EventSample(action: "7").rejection == "events[0].action has the wrong type")
        #expect(
            try EventSample(actor: "[]").rejection == "events[0].actor has the wrong type"
        )
        #expect(
            try EventSample(tag: "{}").rejection == "events[0].target.tag has the wrong type"
        )
    }

    /// What a reason quotes must fit one line of a log, and not steer a terminal.
    @Test func cutsAndEscapesBadNames() throws {
        let long = String(repeating: "A", count: 100)
        #expect(
            try EventSample(repository: "\"\\u001b[2J\\n\(long)\"").rejection
                == "events[0].target.repository \"\\u{1B}[2J\\n\(long.prefix(75))…\" "
                + "is not a repository name"
        )
    }

    /// GitLab sends the user's token with each event.
    @Test func keepsNoTokenOfARejectedEvent() {
        let event = EventSample(
            repository: "\"A\"",
            actor: "{\"name\":\"x\",\"user\" : \"ey\\\"secret\",\"user_type\":\"y\"}"
        )
        let kept = event.decoded.rejections.map { String(decoding: $0.excerpt, as: UTF8.self) }
        #expect(kept.count == 1)
        #expect(
            kept.allSatisfy { !$0.contains("secret") && $0.contains("<redacted>\",\"user_type") }
        )
    }

    @Test func keepsNoTokenOfABrokenBody() {
        let body = "{\"events\":[{\"actor\":{\"user\":\"secret"
        let decoded = NotificationEnvelope.decode(Array(body.utf8))
        let kept = decoded.rejections.map { String(decoding: $0.excerpt, as: UTF8.self) }
        #expect(kept == ["{\"events\":[{\"actor\":{\"user\":\"<redacted>"])
    }

    /// A body of nothing but faults takes little more memory than itself.
    @Test func keepsDetailsOfTheFirstHundredOnly() {
        let body = "{\"events\":[\(repeatElement("0", count: 5_000).joined(separator: ","))]}"
        let decoded = NotificationEnvelope.decode(Array(body.utf8))
        #expect(decoded.rejected == 5_000)
        #expect(decoded.rejections.filter { !$0.excerpt.isEmpty }.count == 100)
    }
}
