import EventDecoding
import RegistryModel
import Testing

/// distribution tells of a request twice: in an access line and in its own log.
struct OwnLogTests {
    private let record =
        #"{"http.request.method":"GET","http.request.uri":"/v2/team/api/manifests/1.4.2","#
        + #""http.response.status":200,"level":"info","msg":"response completed","#
        + #""time":"2026-03-04T05:06:07.5Z"}"#
    private let text =
        #"time="2026-03-04T05:06:07.5Z" level=info msg="response completed" "#
        + #"http.request.method=GET http.request.uri="/v2/team/api/manifests/1.4.2" "#
        + #"http.request.useragent="a\"b \u00e9" http.request.remoteaddr= http.response.status=200 "#

    @Test func countsEachRequestOnce() {
        for own in [record, text] {
            #expect(decodeLog(own).accesses.count == 1)
            for body in ["\(line())\n\(own)", "\(own)\n\(line())"] {
                let both = decodeLog(body)
                #expect(both.accesses.map(\.isSecondGranular) == [true])
                #expect(both.ignored == 1 && both.rejections.isEmpty)
            }
        }
    }

    @Test func takesTheOneThatIsAskedFor() {
        for own in [record, text] {
            let body = "\(line())\n\(own)"
            let lines = decodeLog(body, format: .distribution)
            #expect(lines.accesses.map(\.isSecondGranular) == [true] && lines.ignored == 1)
            let records = decodeLog(body, format: .logrus)
            #expect(records.accesses.map(\.isSecondGranular) == [false] && records.ignored == 1)
            #expect(decodeLog(own, format: .distribution).ignored == 1)
        }
    }

    @Test func readsQuotedAndEmptyValues() {
        let accesses = decodeLog(text).accesses
        #expect(accesses.map(\.userAgent) == ["a\"b é"])
        #expect(accesses.map(\.address) == [nil])
    }

    /// Of the two lines of a request only the one that knows the outcome counts.
    @Test func ignoresWhatIsSaidBeforeTheOutcome() {
        let early = text.replacing("http.response.status=200 ", with: "")
            .replacing("response completed", with: "authorized request")
        #expect(decodeLog(early).ignored == 1 && decodeLog(early).accesses.isEmpty)
        let failed = text.replacing("status=200", with: "status=404")
        #expect(decodeLog(failed).ignored == 1)
    }

    // Somebody switched the access lines off for a time: then the own log alone tells.
    @Test func countsWhatNoAccessLineTellsOf() {
        let later = text.replacing("05:06:07.5", with: "07:06:07.5")
        let body = "\(line())\n\(text)\n\(later)\n"
        let decoded = decodeLog(body)
        #expect(decoded.accesses.map(\.isSecondGranular) == [true, false])
        #expect(decoded.ignored == 1)
    }
}
