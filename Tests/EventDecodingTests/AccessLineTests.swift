import EventDecoding
import RegistryModel
import Testing

struct AccessLineTests {
    @Test(arguments: [
        ("GET", 200, AccessClass.pull), ("HEAD", 200, .resolve), ("GET", 304, .resolve),
        ("HEAD", 304, .resolve), ("PUT", 201, .push), ("DELETE", 202, .delete),
    ])
    func tellsClassByMethodAndStatus(_ method: String, _ status: Int, _ class: AccessClass) {
        let text = line(request: "\(method) /v2/team/api/manifests/1.4.2 HTTP/1.1", status: status)
        #expect(decodeLog(text).accesses.map(\.class) == [`class`])
    }

    @Test(arguments: [
        ("GET /v2/team/api/manifests/1.4.2 HTTP/1.1", 404),
        ("GET /v2/team/api/manifests/1.4.2 HTTP/1.1", 401),
        ("GET /v2/team/api/manifests/1.4.2 HTTP/1.1", 206),
        ("GET /v2/team/api/manifests/1.4.2 HTTP/1.1", 499),
        ("GET /v2/team/api/manifests/1.4.2 HTTP/1.1", 503),
        ("PUT /v2/team/api/manifests/1.4.2 HTTP/1.1", 200),
        ("POST /v2/team/api/manifests/1.4.2 HTTP/1.1", 201),
        ("GET /v2/team/api/blobs/\(digestA) HTTP/1.1", 200),
        ("GET /v2/team/manifests/blobs/\(digestA) HTTP/1.1", 200),
        ("GET /v2/team/api/tags/list HTTP/1.1", 200), ("GET /v2/_catalog HTTP/1.1", 200),
        ("GET /v2/ HTTP/1.1", 200), ("GET /manifests/1 HTTP/1.1", 200),
        ("GET /v2/team/api/manifests/ HTTP/1.1", 200), ("GET /v2/manifests/1 HTTP/1.1", 200),
        ("GET /v2/team/api/manifests/%zz HTTP/1.1", 400), (#"\x16\x03\x01"#, 400), ("-", 400),
        ("", 400),
    ])
    func ignoresOtherRequests(_ request: String, _ status: Int) {
        let decoded = decodeLog(line(request: request, status: status))
        #expect(decoded.ignored == 1 && decoded.accesses.isEmpty && decoded.rejections.isEmpty)
    }

    @Test(arguments: [
        ("/v2/team/api/manifests/v1", "team/api", "v1"),
        ("/v2/team/api/manifests/\(digestA)", "team/api", digestA),
        ("/v2/team/api/manifests/sha256%3A\(digestA.dropFirst(7))", "team/api", digestA),
        ("/v2/team%2fapi/manifests/v1", "team/api", "v1"),
        ("/v2/team/api/manifests/v1?ns=docker.io", "team/api", "v1"),
        ("/v2/a/manifests/v1?x=/v2/b/manifests/v2", "a", "v1"),
        ("/v2/a/manifests/b/manifests/v1", "a/manifests/b", "v1"),
        ("/v2/manifests/manifests/v1", "manifests", "v1"),
        ("/v2/a/blobs/manifests/v1", "a/blobs", "v1"), ("/v2/v2/manifests/v1", "v2", "v1"),
        ("/registry/v2/a/manifests/v1", "a", "v1"),
        ("https://r.test:5000/v2/a/manifests/v1", "a", "v1"),
        ("http://r.test/prefix/v2/a/manifests/v1?x#y", "a", "v1"),
    ])
    func readsRepositoryAndReference(_ target: String, _ repository: String, _ reference: String) {
        let accesses = decodeLog(line(request: "GET \(target) HTTP/1.1")).accesses
        #expect(accesses.map(\.repository.description) == [repository])
        #expect(accesses.map { $0.digest?.description ?? $0.tag?.description } == [reference])
    }

    /// Equal fields on the line, equal key; only their order tells such lines apart.
    @Test func namesLinesByTheirFields() {
        let texts = [
            line(), line(), line(user: "x"), line(host: "10.0.0.9"), line(status: 304),
            line(time: "04/Mar/2026:05:06:08 +0000"), line(rest: "1609 \"-\" \"curl\""),
            line(request: "HEAD /v2/team/api/manifests/1.4.2 HTTP/1.1"),
            line(request: "GET /v2/team/api/manifests/1.4.3 HTTP/1.1"),
        ]
        let keys = decodeLog(texts.joined(separator: "\n")).accesses.map(\.key)
        #expect(keys.count == texts.count && Set(keys).count == texts.count)
        #expect(decodeLog(texts[2]).accesses.map(\.key) == [keys[2]])
        #expect(decodeLog(texts.joined(separator: "\r\n\r\n")).accesses.map(\.key) == keys)
    }

    @Test func countsManyEqualLinesByOrder() {
        let keys = decodeLog(repeatElement(line(), count: 1_000).joined(separator: "\n"))
            .accesses.map(\.key)
        #expect(Set(keys).count == 1_000)
    }

    @Test func readsUsersWithSpacesAndBrackets() {
        let users = ["jo ann", "a [b] c", "[", "x [04/Mar/2026:05:06:07 +0000] y", #"q\x22"#]
        let decoded = decodeLog(users.map { line(user: $0) }.joined(separator: "\n"))
        #expect(decoded.accesses.map(\.actor) == users.dropLast() + ["q\""])
    }

    @Test(arguments: [
        (#"0 "" """#, nil), (#"0 "-" "-""#, nil), (#"0 "" "a\"b""#, "a\"b"),
        (#"0 "a\"b" "x""#, "x"), (#"0 "-" "x" "10.0.0.1" 0.004"#, "x"), ("0", nil), ("-", nil),
        (#"0 "-" "cut"#, nil),
    ])
    func readsUserAgents(_ rest: String, _ expected: String?) {
        #expect(decodeLog(line(rest: rest)).accesses.map(\.userAgent) == [expected])
    }

    @Test(arguments: ["::1", "2001:db8::7"])
    func keepsAddressesOfIPv6(_ host: String) {
        #expect(decodeLog(line(host: host)).accesses.map(\.address) == [host])
    }

    @Test func hasWholeSecondsOnly() {
        #expect(decodeLog(line()).accesses.map(\.isSecondGranular) == [true])
        #expect(AzureSample().decoded.accesses.map(\.isSecondGranular) == [false])
    }

    @Test(arguments: [
        "hello", "10.20.30.40 - - \"GET / HTTP/1.1\" 200 1",
        line(time: "04/Foo/2026:05:06:07 +0000"),
        String(line().dropLast(80)), "INFO[0005] response completed", "123",
        "10.20.30.40 - - [04/Mar/2026:05:06:07 +0000] \"GET / HTTP/1.1\" 20",
        "10.20.30.40 - - [04/Mar/2026:05:06:07 +0000] \"GET / HTTP/1.1\" 2000 1",
        "10.20.30.40 [04/Mar/2026:05:06:07 +0000] \"GET / HTTP/1.1\" 200 1",
    ])
    func rejectsWhatIsNoAccessLine(_ text: String) {
        let decoded = decodeLog("\(line())\n\(text)\n\(line())")
        #expect(decoded.accesses.count == 2)
        #expect(
            decoded.rejections == [
                .init(
                    reason: "line at byte \(line().utf8.count + 1) is not an access line",
                    excerpt: text.utf8
                )
            ]
        )
    }

    @Test func rejectsBadNamesOfRequestsThatSucceeded() {
        let decoded = decodeLog(line(request: "GET /v2/../../etc/manifests/v1 HTTP/1.1"))
        #expect(
            decoded.rejections.map(\.reason) == [
                "line at byte 0: repository \"../../etc\" is not a repository name"
            ]
        )
    }

    @Test func rejectsLongLinesAlone() {
        let long = line(rest: "0 \"-\" \"\(String(repeating: "x", count: 65_536))\"")
        let decoded = decodeLog("\(long)\n\(line())")
        #expect(decoded.accesses.count == 1)
        #expect(
            decoded.rejections.map(\.reason) == [
                "line of \(long.utf8.count) bytes at byte 0 is too long"
            ]
        )
        #expect(decoded.rejections.map(\.excerpt.count) == [4_096])
    }

    @Test func repairsInvalidUTF8() {
        let bytes = Array(line(rest: "0 \"-\" \"a#b\"").utf8).map {
            $0 == UInt8(ascii: "#") ? 0xFF : $0
        }
        let decoded = AccessLog.decode(bytes, format: nil)
        #expect(decoded.accesses.map(\.userAgent) == ["a\u{FFFD}b"])
    }
}
