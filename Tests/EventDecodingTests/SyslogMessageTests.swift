import EventDecoding
import Testing

/// What is left of a syslog message without its header.
struct SyslogMessageTests {
    private static let line =
        #"10.20.30.40 - - [04/Mar/2026:05:06:07 +0000] "GET /v2/team/api/manifests/1.4.2 HTTP/1.1" 200 1609 "-" "containerd/v2.0.2""#

    static let headers = [
        // nginx, with and without a host.
        "<190>Mar  4 05:06:07 edge1 nginx: ",
        "<190>Mar  4 05:06:07 nginx: ",
        // HAProxy and others with a process.
        "<134>Mar 14 05:06:07 haproxy[4242]: ",
        "<134>Mar 14 05:06:07 edge1 haproxy[4242]: ",
        // rsyslog forwards RFC 3164 with a time of RFC 3339.
        "<190>2026-03-04T05:06:07.123456+00:00 edge1 nginx: ",
        "<190>2026-03-04T05:06:07Z 10.0.0.9 nginx[7]:  ",
        // A tag that rsyslog cut at 32 bytes has no colon any more.
        "<190>2026-03-04T05:06:07+00:00 edge1 registry/2a3b4c5d6e7f8091a2b3c4d5 ",
        // A relay that puts nothing but the host.
        "<190>Mar  4 05:06:07 edge1 ",
        "<190>Mar  4 05:06:07 ",
        // RFC 5424: nginx through rsyslog, Docker's driver, structured data with escapes.
        "<190>1 2026-03-04T05:06:07.123456Z edge1 nginx 4242 access - ",
        "<30>1 2026-03-04T05:06:07Z edge1 registry 42 registry - ",
        "<190>1 2026-03-04T05:06:07Z edge1 nginx - - [a@1 x=\"\\\"]\" y=\"\\\\\"][b@1] ",
        "<190>1 - - - - - - \u{FEFF}",
        "<190>1 2026-03-04T05:06:07.123Z edge1 nginx 1 - [a@1 iut=\"3\"] \u{FEFF}",
        // Docker's driver, default form: a space behind the priority.
        "<30> 2026-03-04T05:06:07Z edge1 registry[42]: ",
        "<30>Mar  4 05:06:07 registry/2a3b[42]: ",
        // Written to a file and sent from there.
        "Mar  4 05:06:07 edge1 nginx: ",
        // No header at all.
        "",
        "<190>",
        "<190>nginx: ",
        " ",
    ]

    @Test(arguments: headers)
    func theLineIsLeft(_ header: String) {
        #expect(Self.text(header + Self.line) == Self.line)
    }

    @Test(arguments: ["\n", "\r\n", "\0", "\n\0", "  \r\n"])
    func theEndIsCutOff(_ end: String) {
        #expect(Self.text("<190>Mar  4 05:06:07 edge1 nginx: " + Self.line + end) == Self.line)
    }

    // A record in JSON holds colons and spaces of its own.
    @Test(arguments: headers)
    func aRecordIsLeft(_ header: String) {
        let record = #"{"time": "2026-03-04T05:06:07Z", "request": "GET /v2/ - x: y"}"#
        #expect(Self.text(header + record) == record)
        #expect(Self.text("<190>Mar  4 05:06:07 edge1 nginx: @cee: " + record) == record)
    }

    // A client of IPv6 is no tag, whatever its address ends in.
    @Test func anAddressWithColonsIsLeft() {
        let line = Self.line.replacing("10.20.30.40", with: "fe80::1")
        #expect(Self.text("<190>Mar  4 05:06:07 edge1 nginx: " + line) == line)
        #expect(Self.text("<190>Mar  4 05:06:07 edge1 " + line) == line)
    }

    // Whatever comes, nothing outside of it is read, and nothing is made up.
    @Test(arguments: [
        "", "<", "<1", "<>", "<999999>", "<190>1", "<190>1 ", "<190>1 a b", "<190>1 - - - - - [",
        "<190>1 - - - - - [a x=\"\\", "<190>1 - - - - - []", "<190>Mar", "<190>Mar  4 05:06:07",
        "<190>Mar  4 05:06:07 ", "<190>Mar  4 05:06:07 :", "2026-03-04T", ":", "\0\0", "\u{FEFF}",
        "@cee:", "<190>2026-03-04T05:06:07Z",
    ])
    func brokenHeadersLeaveAPartOfTheMessage(_ message: String) {
        #expect(message.contains(Self.text(message)) || Self.text(message).isEmpty)
    }

    private static func text(_ message: String) -> String {
        Array(message.utf8).withUnsafeBytes {
            String(decoding: SyslogMessage.text(of: $0), as: UTF8.self)
        }
    }
}
