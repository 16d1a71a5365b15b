import EventDecoding
import RegistryModel
import Testing

/// Lines of proxies that have a form of their own.
struct ProxyLineTests {
    private func haproxy(
        _ status: String = "200",
        captures: String = "",
        request: String = "GET /v2/team/api/manifests/1.4.2 HTTP/1.1",
        client: String = "10.20.30.40:51234"
    ) -> String {
        "\(client) [04/Mar/2026:05:06:07.123] fe~ be/reg1 0/0/1/3/4 \(status) 2025 - - ---- "
            + "1/1/0/0/0 0/0 \(captures)\"\(request)\""
    }

    @Test(arguments: [
        "Mar  4 05:06:07 edge1 haproxy[14389]: ", "<134>Mar  4 05:06:07 haproxy[14389]: ", "",
        "2026-03-04T05:06:07.123+00:00 edge1 haproxy[1]: ", "<134>1 - edge1 haproxy 1 - - ",
    ])
    func readsHAProxyBehindAnyBeginning(_ beginning: String) {
        let decoded = decodeLog(beginning + haproxy())
        #expect(decoded.accesses.map(\.time.milliseconds) == [1_772_600_767_123])
        #expect(decoded.accesses.map(\.address) == ["10.20.30.40"])
        #expect(decoded.rejections.isEmpty)
    }

    @Test(arguments: [
        ("{lastpull/0.1} ", "lastpull/0.1", nil),
        ("{registry.test|curl/8.5.0} ", "curl/8.5.0", nil),
        ("{|} {\(digestA)} ", nil, digestA), ("{a#7Cb/1} {} ", "a|b/1", nil), ("{} {} ", nil, nil),
    ])
    func readsCaptures(_ captures: String, _ agent: String?, _ digest: String?) {
        let accesses = decodeLog(haproxy(captures: captures)).accesses
        #expect(accesses.map(\.userAgent) == [agent])
        #expect(accesses.map { $0.digest?.description } == [digest])
    }

    @Test(arguments: [
        "Mar  4 05:06:07 edge1 haproxy[1]: Proxy fe_registry started.",
        "Mar  4 05:06:07 edge1 haproxy[1]: Server be/reg1 is UP.", "[NOTICE]   (1) : New worker",
        "2026/03/04 05:06:07 [error] 7#7: *1 connect() failed",
        "[2026-03-04 05:06:07.123][1][info][main] starting main dispatch loop",
    ])
    func ignoresWhatProxiesSayOfThemselves(_ text: String) {
        let decoded = decodeLog("\(text)\n\(line())")
        #expect(decoded.ignored == 1 && decoded.accesses.count == 1)
        #expect(decoded.rejections.isEmpty)
    }

    @Test func ignoresWhatGotNoAnswer() {
        #expect(decodeLog(haproxy("-1", request: "<BADREQ>")).ignored == 1)
        #expect(decodeLog(haproxy("-1")).ignored == 1)
        let envoy = #"[2026-03-04T05:06:07.123Z] "GET /v2/a/manifests/v1 HTTP/2" 0 DC 0 0 4 -"#
        #expect(decodeLog(envoy).ignored == 1)
        #expect(decodeLog(#"[2026-03-04T05:06:07.123Z] "- - -" 400 DPE 0 11 0 -"#).ignored == 1)
    }

    /// A line in pieces is one line, whichever lines come between.
    @Test func joinsThePiecesOfAContainersLine() {
        let whole = line()
        let time = "2026-03-04T05:06:07.123456789Z"
        let pieces = """
            \(time) stdout P \(whole.prefix(20))
            \(time) stderr P time="2026-03-04T05:06:07Z" level=
            \(time) stdout P \(whole.dropFirst(20).prefix(30))
            \(time) stderr F info msg=x
            \(time) stdout F \(whole.dropFirst(50))
            """
        let decoded = decodeLog(pieces)
        #expect(decoded.accesses.map(\.key) == decodeLog(whole).accesses.map(\.key))
        #expect(decoded.ignored == 1 && decoded.rejections.isEmpty)
        let cut = decodeLog("\(time) stdout P \(whole.prefix(20))")
        #expect(cut.rejections.map(\.reason) == ["a line that was cut in pieces has no end"])
        let endless = Array(
            repeating: "\(time) stdout P \(String(repeating: "x", count: 60_000))",
            count: 3
        )
        #expect(decodeLog(endless.joined(separator: "\n")).rejections.count == 2)
    }
}
