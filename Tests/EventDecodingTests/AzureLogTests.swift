import EventDecoding
import RegistryModel
import Testing

struct AzureLogTests {
    @Test(arguments: [
        ("Pull", "200", AccessClass.pull), ("pull", "200", .pull), ("Push", "201", .push),
        ("Untag", "202", .delete), ("untag", "200", .delete), ("Delete", "202", .delete),
        ("Delete", "200", .delete), ("Purge", "202", .delete), ("PURGE TAG", "200", .delete),
    ])
    func tellsClassByOperation(_ operation: String, _ status: String, _ class: AccessClass) {
        let sample = AzureSample(operation: "\"\(operation)\"", status: "\"\(status)\"")
        #expect(sample.decoded.accesses.map(\.class) == [`class`])
    }

    /// A failed request is logged under the same operation.
    @Test(arguments: [
        ("Pull", "\"404\""), ("Pull", "\"201\""), ("Pull", "\"401\""), ("Pull", "\"2000\""),
        ("Push", "\"200\""), ("Push", "\"409\""), ("Delete", "\"404\""), ("Delete", "\"\""),
        ("Untag", "null"), ("Delete", "\"<nil>\""), ("Push", "\"304\""), ("Delete", "\"304\""),
        ("Import", "\"200\""), ("", "\"200\""),
    ])
    func ignoresFailuresAndOtherOperations(_ operation: String, _ status: String) {
        let decoded = AzureSample(operation: "\"\(operation)\"", status: status).decoded
        #expect(decoded.ignored == 1 && decoded.accesses.isEmpty && decoded.rejections.isEmpty)
    }

    /// What says nothing is as good as absent; nothing is gone on that word, though.
    @Test(arguments: ["\"\"", "null", "\"<nil>\"", "\"-\""])
    func countsPullsWithoutAnOutcome(_ status: String) {
        #expect(AzureSample(status: status).decoded.accesses.map(\.class) == [.pull])
        let push = AzureSample(operation: "\"Push\"", status: status)
        #expect(push.decoded.accesses.map(\.class) == [.push])
    }

    @Test func aPullOfWhatIsTheSameIsACheck() {
        #expect(AzureSample(status: "\"304\"").decoded.accesses.map(\.class) == [.resolve])
    }

    @Test func tellsCategoriesWhateverTheirCase() {
        let shouted = AzureSample(category: "\"CONTAINERREGISTRYREPOSITORYEVENTS\"").decoded
        #expect(shouted.accesses.count == 1)
        let other = AzureSample(category: "\"ContainerRegistryLoginEvents\"").decoded
        #expect(other.ignored == 1 && other.accesses.isEmpty)
    }

    @Test func takesADigestOutOfTheTag() {
        let sample = AzureSample(tag: "\"\(digestB)\"", digest: "\"<nil>\"")
        #expect(sample.decoded.accesses.map(\.digest) == [Digest(digestB)])
        #expect(sample.decoded.accesses.map(\.tag) == [nil])
    }

    /// Untagging takes a name away: told as the manifest's end, it would lose the manifest.
    @Test func leavesTheManifestOfAnUntag() {
        let sample = AzureSample(operation: "\"Untag\"", status: "\"202\"")
        #expect(sample.decoded.accesses.map(\.digest) == [nil])
        #expect(sample.decoded.accesses.map(\.tag) == [TagName("1.4.2")])
    }

    @Test func ignoresTheEndOfARepository() {
        let sample = AzureSample(
            operation: "\"Delete\"",
            status: "\"202\"",
            tag: "\"<nil>\"",
            digest: "\"<nil>\""
        )
        #expect(sample.decoded.ignored == 1)
    }

    @Test func takesNumbersAndTheirTexts() {
        let numbers = AzureSample(status: "200", size: "524").decoded
        let texts = AzureSample(status: "\"200\"", size: "\"524\"").decoded
        #expect(numbers.accesses.map(\.size) == [524] && numbers == texts)
    }

    @Test(arguments: [
        (
            AzureSample(repository: "\"../../etc\""),
            "properties.repository \"../../etc\" is not a repository name"
        ),
        (AzureSample(repository: "\"<nil>\""), "properties.repository is missing"),
        (AzureSample(tag: nil, digest: nil), "properties.tag is missing"),
        (AzureSample(tag: "\"sha256:1\""), "properties.tag \"sha256:1\" is not a digest"),
        (AzureSample(time: "\"yesterday\""), "time \"yesterday\" is not a time"),
        (AzureSample(time: nil), "time is missing"),
        (AzureSample(tag: "[]"), "properties.tag has the wrong type"),
    ])
    func namesTheFieldThatIsWrong(_ sample: AzureSample, _ reason: String) {
        #expect(sample.decoded.rejections.map(\.reason) == ["record at byte 0: \(reason)"])
        #expect(sample.decoded.accesses.isEmpty)
    }

    /// One record, however it travels, is the same record.
    @Test func hasTheSameKeyInEveryFraming() throws {
        let json = AzureSample().json
        let escaped = json.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let framings = [
            json, " [ \(json) ] ", "{\"records\":[\(json)]}", "\(json)\n",
            json.replacing("\":", with: "\" : "),
            "{\"log\":\"\(escaped)\\n\",\"stream\":\"stdout\"}",
            json.replacing("team/api", with: "team\\/api"),
            "2026-03-04T05:06:07.123456789Z stdout F \(json)",
        ]
        let keys = try framings.map { try #require(decodeLog($0).accesses.first).key }
        #expect(Set(keys).count == 1)
    }

    @Test func tellsEqualRecordsApartByOrder() {
        let json = AzureSample().json
        let twice = decodeLog("\(json)\(json)")
        #expect(Set(twice.accesses.map(\.key)).count == 2)
        #expect(twice.accesses.map(\.key) == decodeLog("\(json)\n\(json)").accesses.map(\.key))
        let other = AzureSample(correlation: "\"another\"").json
        #expect(Set(decodeLog("\(json)\(other)").accesses.map(\.key)).count == 2)
    }
}

extension AzureSample: CustomTestStringConvertible {
    var testDescription: String { json }
}
