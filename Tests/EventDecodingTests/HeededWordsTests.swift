import EventDecoding
import RegistryModel
import Testing

/// Words that name manifests may be requests in a format that nobody knows; of old logs that is
/// heeded.
struct HeededWordsTests {
    private func decode(_ text: String, format: LogFormat? = nil) -> DecodedLog {
        var dialect = LogDialect(format: format)
        dialect.heedsWords = true
        return Array(text.utf8).withUnsafeBytes { DecodedLog(reading: $0, dialect) }
    }

    @Test(arguments: [
        #"[2026-11-19 17:16:11] 10.0.0.5 "GET /v2/team/api/manifests/v1 HTTP/1.1" 200"#,
        #"time="2026-11-19" level=info verb=GET target=/v2/team/api/manifests/v1 code=200"#,
        #"{"level":30,"req":{"verb":"GET","target":"/v2/a/manifests/v1"},"msg":"request"}"#,
        #"{"level":30,"req":{"verb":"GET","target":"\/v2\/a\/manifests\/v1"},"msg":"request"}"#,
    ])
    func whatNamesAManifestAndIsNoRequestIsRejected(_ text: String) {
        #expect(decode(line() + "\n" + text).rest.rejected == 1)
        // What is heard has probes to show that something is missing.
        let heard = decodeLog(line() + "\n" + text)
        #expect(heard.rejections.isEmpty && heard.ignored == 1)
    }

    // They name the requests that the log tells of, or another log does.
    @Test(arguments: [
        "2026/11/19 05:06:08 [error] 1#1: *1 x, request: \"GET /v2/a/manifests/v1 HTTP/1.1\"",
        #"time="2026-03-04T05:06:07Z" level=info msg="authorized request" "#
            + #"http.request.method=GET http.request.uri="/v2/team/api/manifests/1.4.2""#,
        #"{"level":"warning","msg":"error authorizing context","http.request.id":"1","#
            + #""http.request.uri":"/v2/team/api/manifests/1.4.2","time":"2026-03-04T05:06:07Z"}"#,
        #"{"level":"warn","ts":1772600767.1,"logger":"http.handlers.reverse_proxy","#
            + #""msg":"aborting with incomplete response","request":{"method":"GET","#
            + #""uri":"/v2/team/api/manifests/1.4.2"},"error":"writing: broken pipe"}"#,
        "2026/03/04 05:06:07.123\tWARN\thttp.handlers.reverse_proxy\taborting\t"
            + #"{"request": {"method": "GET", "uri": "/v2/team/api/manifests/1.4.2"}}"#,
    ])
    func wordsAboutARequestThatIsToldElsewhereAreNot(_ text: String) {
        let log = decode(line() + "\n" + text)
        #expect(log.rest.rejected == 0 && !log.isSilent)
    }

    // As many requests are not under way at once: those that they belong to are missing.
    @Test func manyOfThemWithNoRequestBetweenAre() {
        let word =
            #"time="2026-03-04T05:06:07Z" level=info msg="authorized request" "#
            + "http.request.method=GET http.request.uri=/v2/team/api/manifests/1.4.2\n"
        let few = String(repeating: word, count: 60) + line() + "\n"
        #expect(decode(few + few).rest.rejected == 0)
        let log = decode(line() + "\n" + String(repeating: word, count: 100))
        #expect(log.rest.rejected == 36 && log.isSilent)
        // But one request may have hundreds of words.
        let one = word.replacing("\n", with: " http.request.id=5b0f6a5e\n")
        #expect(!decode(line() + "\n" + String(repeating: one, count: 300)).isSilent)
    }

    @Test(arguments: [LogFormat.distribution, .logrus])
    func soAreOnesOfTheFormatThatIsNotAskedFor(_ format: LogFormat) {
        let own =
            #"time="2026-03-04T05:06:07Z" level=info msg="response completed" "#
            + "http.request.method=GET http.request.uri=/v2/team/api/manifests/1.4.2 "
            + "http.response.status=200"
        let both = line() + "\n" + own + "\n"
        #expect(decode(String(repeating: both, count: 100), format: format).rest.rejected == 0)
        let one = format == .distribution ? own + "\n" : line() + "\n"
        let stretch = both + String(repeating: one, count: 100) + both
        #expect(decode(stretch, format: format).isSilent)
    }

    // Logs as they are have none of that.
    @Test(arguments: try Fixture.all("logs"))
    func logsAreUnderstoodAsTheyAre(_ fixture: Fixture) throws {
        let text = String(decoding: try fixture.body, as: UTF8.self)
        #expect(decode(text).rest.rejected == decodeLog(text).rejected)
    }
}
