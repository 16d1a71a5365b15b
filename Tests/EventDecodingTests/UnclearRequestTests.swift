import EventDecoding
import RegistryModel
import Testing

/// Requests that a log does not tell as most do: what is clear counts, what may be a use and is not
/// understood is rejected, and what is neither is passed over.
struct UnclearRequestTests {
    private static let path = "/v2/team/api/manifests/1.4.2"

    private func haproxy(_ request: String, status: String = "200") -> String {
        "10.20.30.40:51234 [04/Mar/2026:05:06:07.123] fe~ be/reg1 0/0/1/3/4 \(status) 2025 - - ---- "
            + "1/1/0/0/0 0/0 \"\(request)\""
    }

    private func envoy(_ request: String, status: String = "200") -> String {
        "[2026-03-04T05:06:07.123Z] \"\(request)\" \(status) - 0 12 3 2 \"10.20.30.40\" "
            + #""containerd/v2.0.2" "id" "registry.test" "10.0.0.1:5000""#
    }

    private func record(_ request: String, status: String = "200") -> String {
        #"{"ts":1772600767,"request":"\#(request)","status":\#(status)}"#
    }

    private func parts(_ status: String, method: String = "GET", path: String = path) -> String {
        #"{"ts":1772600767,"method":"\#(method)","path":"\#(path)","status":\#(status)}"#
    }

    /// Every way to write a request line.
    private func texts(_ request: String, status: String = "200") -> [String] {
        [
            line(request: request).replacing("\" 200 ", with: "\" \(status) "),
            envoy(request, status: status), haproxy(request, status: status),
            record(request, status: status),
        ]
    }

    private func expect(
        _ text: String,
        _ classes: [AccessClass],
        ignored: Int = 0,
        rejected: Int = 0
    ) {
        let decoded = decodeLog(text)
        #expect(decoded.accesses.map(\.class) == classes, "\(text)")
        #expect(decoded.ignored == ignored && decoded.rejections.count == rejected, "\(text)")
    }

    // MARK: Requests

    @Test(arguments: [
        ("GET \(path)", AccessClass.pull), ("HEAD \(path)", .resolve), ("GET \(path) -", .pull),
        ("GET https://registry.test\(path)", .pull), ("GET \(path)?ns=docker.io", .pull),
        ("get \(path) HTTP/1.1", .pull), ("head \(path)", .resolve),
    ])
    func countsWhatHasNoProtocol(_ request: String, _ class: AccessClass) {
        for text in texts(request) {
            expect(text, [`class`])
            #expect(decodeLog(text).accesses.map(\.tag) == [TagName("1.4.2")])
        }
    }

    @Test func takesTheTargetFromTheRequest() {
        let record =
            #"{"ts":1772600767,"method":"GET","request":"https://r.test\#(Self.path)","status":200}"#
        expect(record, [.pull])
    }

    @Test(arguments: [
        "GET /v2/team/api/manifests/1 4 HTTP/1.1", "\(path)", "GET \(path) 2.0", "GET\\t\(path)",
        "GET  \(path) HTTP/1.1", "G3T \(path)", "GET GET \(path)", "- \(path) -",
        "GET /v2/team/api/blobs/\(digestA) x", "GET x\(path)",
    ])
    func rejectsWhatMayBeAUse(_ request: String) {
        for text in texts(request) { expect(text, [], rejected: 1) }
        for text in texts(request, status: "304") { expect(text, [], rejected: 1) }
        // It failed, whatever it was.
        for text in texts(request, status: "400") { expect(text, [], ignored: 1) }
        for text in texts(request, status: "503") { expect(text, [], ignored: 1) }
    }

    @Test func rejectsAPathThatCannotBeDecoded() {
        for text in texts("GET /v2/team/api/manifests/%zz HTTP/1.1") {
            expect(text, [], rejected: 1)
        }
    }

    /// What anybody can send to a port that is open.
    @Test(arguments: [
        #"\x16\x03\x01\x02\x00"#, "-", "", "- - -", "GET /", "GET / HTTP/1.1", "<BADREQ>",
        "\u{1}\u{2}\u{3}", "SSH-2.0-Go", "GET /manifests/1", "GET /v2/", "MGLNDD_10.0.0.1_5000",
        "GET /cgi-bin/x /manifests/1", "GET /v2/_catalog", "PROPFIND /v2/team/api/manifests/1",
    ])
    func passesOverRubbish(_ request: String) {
        for text in [line(request: request), envoy(request), haproxy(request)] {
            expect(text, [], ignored: 1)
        }
    }

    // MARK: Statuses

    @Test(arguments: [
        "200.0", "200.000", #""200.0""#, #""200 OK""#, #""200""#, #"" 200""#, #""502, 200""#,
        #""502, 504, 200""#, #""502 : 200""#, #""500, 502 : 200""#, #""-, 200""#,
    ])
    func readsWhatIsClear(_ status: String) {
        expect(parts(status), [.pull])
        expect(record("GET \(Self.path)", status: status), [.pull])
    }

    @Test(arguments: [
        "404.0", "0.0", #""404 Not Found""#, #""200, 502""#, #""200, -""#, #""502, 504""#, #""-""#,
        "-1", "0", "null", #""""#, #""200 : 404""#,
    ])
    func passesOverFailures(_ status: String) {
        expect(parts(status), [], ignored: 1)
    }

    @Test(arguments: [
        #""OK""#, #""200OK""#, "200.5", #""2xx""#, #""HTTP/1.1 200""#, #""200;""#, "1e3", "2000.0",
        #""200, x""#, #""+200""#, #""200.""#,
    ])
    func rejectsWhatIsNoStatus(_ status: String) {
        expect(parts(status), [], rejected: 1)
        expect(record("GET \(Self.path)", status: status), [], rejected: 1)
        expect(parts(status, path: "/v2/team/api/blobs/\(digestA)"), [], rejected: 1)
        expect(parts(status, path: "/v2/_catalog"), [], ignored: 1)
        #expect(
            decodeLog(parts(#""OK""#)).rejections.map(\.reason) == [
                "record at byte 0: status \"OK\" is not a status"
            ]
        )
    }

    @Test(arguments: [
        ("502, 200", AccessClass.pull), ("502 : 200", .pull), ("502, 504 : 304", .resolve),
        ("200, 502", nil), ("200 : 404", nil),
    ])
    func readsTheListOfALine(_ status: String, _ class: AccessClass?) {
        let text = line().replacing("\" 200 ", with: "\" \(status) ")
        let decoded = decodeLog(text)
        #expect(decoded.accesses.map(\.class) == (`class`.map { [$0] } ?? []))
        #expect(
            decoded.accesses.allSatisfy { $0.userAgent == decodeLog(line()).accesses[0].userAgent }
        )
        #expect(decoded.rejections.isEmpty)
    }
}
