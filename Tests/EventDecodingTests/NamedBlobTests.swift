import EventDecoding
import RegistryModel
import Testing

/// Whoever looks at a blob may be pushing what needs it, so blobs are told that were there.
struct NamedBlobTests {
    @Test(arguments: [
        ("HEAD /v2/team/api/blobs/\(digestA) HTTP/1.1", 200),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 200),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 206),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 304),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 307),
        ("GET /prefix/v2/team/api/blobs/sha256%3A\(digestA.dropFirst(7))?ns=x HTTP/1.1", 200),
    ])
    func areReadFromALine(_ request: String, _ status: Int) {
        let decoded = decodeLog(line(request: request, status: status))
        #expect(decoded.blobs.map(\.description) == [digestA])
        #expect(decoded.mentions == decoded.blobs)
        #expect(decoded.accesses.isEmpty && decoded.rejections.isEmpty && decoded.ignored == 1)
    }

    @Test(arguments: [
        ("HEAD /v2/team/api/blobs/\(digestA) HTTP/1.1", 404),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 401),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 500),
        ("DELETE /v2/team/api/blobs/\(digestA) HTTP/1.1", 202),
        ("GET /v2/team/api/blobs/v1 HTTP/1.1", 200),
        ("GET /v2/team/api/blobs/sha256:abc HTTP/1.1", 200),
        ("GET /v2/team/api/manifests/\(digestA) HTTP/1.1", 200),
        ("GET /v2/team/api/manifests/\(digestA) HTTP/1.1", 307),
        ("PUT /v2/team/api/blobs/uploads/6b3c2a10 HTTP/1.1", 204), ("", 200),
    ])
    func otherLinesTellOfNone(_ request: String, _ status: Int) {
        let decoded = decodeLog(line(request: request, status: status))
        #expect(decoded.blobs.isEmpty && decoded.rejections.isEmpty)
    }

    @Test func areReadFromARecord() {
        for status in ["200", "206", "307"] {
            let record =
                #"{"ts":1772600767,"request":"GET /v2/a/blobs/\#(digestA) HTTP/1.1","#
                + #""status":\#(status)}"#
            #expect(decodeLog(record).blobs.map(\.description) == [digestA])
            #expect(decodeLog(record).ignored == 1)
        }
    }

    @Test func areReadFromAnEvent() {
        for action in ["push", "pull", "mount"] {
            var event = EventSample(action: "\"\(action)\"")
            event.mediaType = "\"application/octet-stream\""
            event.url = "\"http://r/v2/team/api/blobs/\(digestA)\""
            #expect(event.decoded.blobs.map(\.description) == [digestA])
            event.userAgent = "\"\(OwnUserAgent.product)\""
            #expect(event.decoded.blobs.isEmpty)
        }
    }

    @Test func ownQuestionsAreNone() {
        let request = "HEAD /v2/team/api/blobs/\(digestA) HTTP/1.1"
        let own = line(request: request, status: 200)
            .replacing("containerd/v2.0.2", with: OwnUserAgent.product)
        #expect(own.contains(OwnUserAgent.product) && decodeLog(own).blobs.isEmpty)
    }

    // A body of many parts, each read by a thread of its own, tells of all; and of too many, that
    // there were more.
    @Test func moreThanAreKeptAreNotForgotten() {
        func lines(_ count: Int) -> String {
            (0..<count).map { number in
                let digest = Digest(hashing: Array("\(number)".utf8))
                let line = line(request: "HEAD /v2/a/blobs/\(digest) HTTP/1.1", status: 200)
                return line + "\n" + line + "\n"
            }
            .joined()
        }
        let some = decodeLog(lines(16_384))
        #expect(some.blobs.count == 16_384 && !some.namesFurtherBlobs)
        let many = decodeLog(lines(16_385))
        #expect(many.blobs.count == 16_384 && many.namesFurtherBlobs)
    }
}
