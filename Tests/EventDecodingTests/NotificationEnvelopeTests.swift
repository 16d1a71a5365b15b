import EventDecoding
import RegistryModel
import Testing

struct NotificationEnvelopeTests {
    /// The method tells whether content went out, and actions are compared exactly.
    @Test(arguments: [
        ("pull", "GET", AccessClass.pull), ("pull", "HEAD", .resolve), ("pull", "head", .pull),
        ("push", "PUT", .push), ("push", "HEAD", .push), ("delete", "DELETE", .delete),
    ])
    func tellsClassByActionAndMethod(
        _ action: String,
        _ method: String,
        _ class: AccessClass
    ) throws {
        let event = EventSample(action: "\"\(action)\"", method: "\"\(method)\"")
        #expect(try event.access.class == `class`)
    }

    @Test(arguments: ["mount", "rename", "Pull", "PULL", "pull ", "chart_push"])
    func ignoresOtherActions(_ action: String) {
        let decoded = EventSample(action: "\"\(action)\"", repository: "5").decoded
        #expect(decoded.ignored == 1 && decoded.accesses.isEmpty && decoded.rejections.isEmpty)
    }

    /// A pull-through cache reports blobs under any media type, so the path decides.
    @Test(arguments: [
        ("https://r.test/v2/team/api/blobs/x", "application/vnd.oci.image.manifest.v1+json", true),
        ("https://r.test/v2/team/blobs/manifests/x", "application/octet-stream", false),
        ("https://r.test/v2/team/manifests/blobs/x", "text/plain", true),
        ("https://r.test/v2/a/manifests/x?from=/blobs/y", "text/plain", false),
        ("", "application/octet-stream", true),
        ("https://r.test/", "application/octet-stream", true),
        ("", "application/vnd.oci.image.index.v1+json", false),
        ("", "", false),
    ])
    func tellsBlobsByPathThenByMediaType(_ url: String, _ mediaType: String, _ isBlob: Bool) {
        let decoded = EventSample(mediaType: "\"\(mediaType)\"", url: "\"\(url)\"").decoded
        #expect(decoded.ignored == (isBlob ? 1 : 0))
        #expect(decoded.accesses.count == (isBlob ? 0 : 1))
    }

    @Test func keepsNewestStampOfEachIgnoredInstance() {
        let blob = { (time: String, instance: String) in
            EventSample(
                timestamp: "\"\(time)\"",
                mediaType: "\"application/octet-stream\"",
                instance: "\"\(instance)\""
            ).json
        }
        let events = [
            blob("1970-01-01T00:00:02Z", "a"), blob("1970-01-01T00:00:01Z", "a"),
            blob("1970-01-01T00:00:03Z", "b"), blob("never", "c"), EventSample().json,
        ]
        let decoded = decode("{\"events\":[\(events.joined(separator: ","))]}")
        #expect(decoded.ignored == 4)
        #expect(decoded.instances.mapValues(\.milliseconds) == ["a": 2_000, "b": 3_000])
    }

    @Test func countsDeletesByDigestAndByTagButNotOfRepositories() throws {
        let delete = EventSample(action: "\"delete\"", mediaType: "\"\"", size: "0")
        #expect(try delete.access.digest?.description == digestA)
        var byTag = delete
        byTag.digest = "\"\""
        byTag.tag = "\"1.4.2\""
        #expect(try byTag.access.tag?.description == "1.4.2")
        #expect(try byTag.access.digest == nil)
        #expect(try byTag.access.size == nil)
        var ofRepository = delete
        ofRepository.digest = nil
        #expect(ofRepository.decoded.ignored == 1)
    }

    @Test func takesLengthWhereThereIsNoSize() throws {
        #expect(try EventSample(size: nil, length: "42").access.size == 42)
        #expect(try EventSample(size: "0", length: "42").access.size == 42)
        #expect(try EventSample(size: "7", length: "42").access.size == 7)
        #expect(try EventSample(size: "-7").access.size == nil)
        #expect(try EventSample(size: "99999999999999999999").access.size == nil)
    }

    /// Whatever a release leaves out, another sends as nothing.
    @Test(arguments: [nil, "null", "\"\"", "\"-\"", "\"<nil>\""])
    func takesEveryFormOfNothingAsAbsent(_ nothing: String?) throws {
        var event = EventSample(tag: "\"1.4.2\"")
        event.digest = nothing
        event.mediaType = nothing
        event.address = nothing
        event.userAgent = nothing
        event.instance = nothing
        event.actor = EventSample.object([("name", nothing)])
        let access = try event.access
        #expect(access.digest == nil && access.mediaType == nil && access.address == nil)
        #expect(access.userAgent == nil && access.instance == nil && access.actor == nil)
    }

    @Test func unescapesTexts() throws {
        let event = EventSample(
            repository: #""team\/api""#,
            userAgent: #""a\u00e9\ud83d\ude00\"b""#
        )
        #expect(try event.access.repository.description == "team/api")
        #expect(try event.access.userAgent == "a\u{E9}\u{1F600}\"b")
    }

    /// Of a key that comes twice the last counts, as in Go; keys may be escaped.
    @Test func readsKeysAsGoDoes() {
        let event = EventSample().json.dropLast() + ",\"\\u0061ction\":\"push\"}"
        let decoded = decode("{\"x\":[{}],\"events\":[\(event)],\"y\":null}")
        #expect(decoded.accesses.map(\.class) == [.push])
    }

    /// The ledger corrects clocks, the decoder does not.
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func takesStampsAsTheyCome(_ text: String, _ milliseconds: Int64) throws {
        #expect(try EventSample(timestamp: "\"\(text)\"").access.time.milliseconds == milliseconds)
    }

    @Test func readsByteOrderMark() {
        #expect(decode("\u{FEFF}{\"events\":[]}") == DecodedBody())
    }

    @Test func decodesHundredThousandEvents() {
        let event = EventSample().json
        let events = repeatElement(event, count: 100_000).joined(separator: ",\n")
        let decoded = decode("{\"events\":[\(events)]}")
        #expect(decoded.accesses.count == 100_000)
        #expect(decoded.rejections.isEmpty && decoded.ignored == 0)
    }

    private func decode(_ text: String) -> DecodedBody {
        NotificationEnvelope.decode(Array(text.utf8))
    }
}
