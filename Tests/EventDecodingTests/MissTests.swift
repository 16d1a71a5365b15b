import EventDecoding
import RegistryModel
import Testing

/// Requests for what was not there are told with who made them.
struct MissTests {
    @Test(arguments: [
        ("GET /v2/team/api/manifests/v1 HTTP/1.1", "v1", AccessClass.pull, false),
        ("HEAD /v2/team/api/manifests/v1 HTTP/1.1", "v1", .resolve, false),
        ("GET /prefix/v2/team/api/manifests/\(digestA)?ns=x HTTP/1.1", digestA, .pull, false),
        (
            "GET /v2/team%2Fapi/manifests/sha256%3A\(digestA.dropFirst(7)) HTTP/1.1", digestA,
            .pull, false
        ),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", digestA, .pull, true),
        ("HEAD /v2/team/api/blobs/\(digestA) HTTP/1.1", digestA, .resolve, true),
    ])
    func isReadFromALine(
        _ request: String,
        _ reference: String,
        _ accessClass: AccessClass,
        _ isBlob: Bool
    ) throws {
        let decoded = decodeLog(line(user: "ci", request: request, status: 404))
        #expect(decoded.accesses.isEmpty && decoded.rejections.isEmpty && decoded.ignored == 1)
        let miss = try #require(decoded.misses.first)
        #expect(decoded.misses.count == 1)
        #expect(miss.isBlob == isBlob)
        #expect(miss.access.class == accessClass)
        #expect(miss.access.repository.description == "team/api")
        #expect((miss.access.digest?.description ?? miss.access.tag?.description) == reference)
        #expect(miss.access.actor == "ci" && miss.access.address == "10.20.30.40")
        #expect(miss.access.userAgent == "containerd/v2.0.2")
        #expect(decoded.mentions == Set([miss.access.digest].compactMap(\.self)))
    }

    @Test(arguments: [
        ("GET /v2/team/api/manifests/v1 HTTP/1.1", 401),
        ("GET /v2/team/api/manifests/v1 HTTP/1.1", 500),
        ("PUT /v2/team/api/manifests/v1 HTTP/1.1", 404),
        ("DELETE /v2/team/api/manifests/v1 HTTP/1.1", 404),
        ("GET /v2/team/api/tags/list HTTP/1.1", 404), ("GET /v2/team/api/blobs/v1 HTTP/1.1", 404),
        ("GET /v2/TEAM/manifests/v1 HTTP/1.1", 404), ("GET /v2/a/manifests/-x HTTP/1.1", 404),
        ("GET /v2/team/api/manifests/%zz HTTP/1.1", 404), ("GET /favicon.ico HTTP/1.1", 404),
        ("", 404),
    ])
    func otherLinesAreNone(_ request: String, _ status: Int) {
        let decoded = decodeLog(line(request: request, status: status))
        #expect(decoded.misses.isEmpty && decoded.ignored == 1 && decoded.rejections.isEmpty)
    }

    @Test func isReadFromAzuresRecords() throws {
        var record = AzureSample(status: "\"404\"", digest: nil)
        let miss = try #require(record.decoded.misses.first)
        #expect(miss.access.tag?.description == "1.4.2")
        #expect(miss.access.actor == "ci-bot" && miss.access.class == .pull)
        record.operation = "\"Push\""
        #expect(record.decoded.misses.isEmpty)
        record = AzureSample(status: "\"404\"", tag: "\"\(digestA)\"", digest: nil)
        #expect(record.decoded.misses.first?.access.digest?.description == digestA)
    }

    // Whatever comes again, in this body or in another, is the same request.
    @Test func equalLinesHaveOneKey() {
        let text = line(request: "GET /v2/team/api/manifests/v1 HTTP/1.1", status: 404)
        let keys = decodeLog("\(text)\n\(text)\n").misses.map(\.access.key)
        #expect(keys.count == 2 && keys[0] == keys[1])
        let other = line(user: "ci", request: "GET /v2/team/api/manifests/v1 HTTP/1.1", status: 404)
        #expect(decodeLog(other).misses.first?.access.key != keys[0])
    }
}
