import EventDecoding
import RegistryModel
import Testing

/// Records of one request each, in JSON.
struct RequestRecordTests {
    private func nginx(
        time: String = #""time":"2026-03-04T05:06:07+00:00""#,
        path: String = "/v2/team/api/manifests/1.4.2",
        status: String = #""200""#,
        more: String = ""
    ) -> String {
        #"{\#(time),"remote_addr":"10.20.30.40","request_method":"GET","request_uri":"\#(path)","#
            + #""status":\#(status),"http_user_agent":"containerd/v2.0.2"\#(more)}"#
    }

    /// The digest that the registry answered with is what the tag stood for.
    @Test func takesTheDigestOfTheAnswer() throws {
        let decoded = decodeLog(nginx(more: #","sent_http_docker_content_digest":"\#(digestA)""#))
        let access = try #require(decoded.accesses.first)
        #expect(access.digest == Digest(digestA) && access.tag == TagName("1.4.2"))
    }

    @Test(arguments: ["", "-", "sha256:1", "garbage"])
    func doesWithoutABadDigest(_ digest: String) {
        let decoded = decodeLog(nginx(more: #","sent_http_docker_content_digest":"\#(digest)""#))
        #expect(decoded.accesses.map(\.digest) == [nil])
        #expect(decoded.accesses.map(\.tag) == [TagName("1.4.2")])
    }

    /// A tag that is deleted takes no manifest with it.
    @Test func takesNoDigestForADeletedTag() {
        let record = nginx(
            status: "202",
            more: #","sent_http_docker_content_digest":"\#(digestA)""#
        ).replacing(#""GET""#, with: #""DELETE""#)
        #expect(decodeLog(record).accesses.map(\.class) == [.delete])
        #expect(decodeLog(record).accesses.map(\.digest) == [nil])
    }

    @Test(arguments: [
        (#""time":"2026-03-04T05:06:07Z""#, 1_772_600_767_000, true),
        (#""time":"2026-03-04T05:06:07+00:00""#, 1_772_600_767_000, true),
        (#""time":"2026-03-04T06:06:07.123456789+01:00""#, 1_772_600_767_123, false),
        (#""time":"04/Mar/2026:05:06:07 +0000""#, 1_772_600_767_000, true),
        (#""time":"2026-03-04 05:06:07.123""#, 1_772_600_767_123, false),
        (#""time":"2026-03-04T05:06:07""#, 1_772_600_767_000, true),
        (#""time":"2026-03-04T05:06:07+0000""#, 1_772_600_767_000, true),
        (#""time":"2026/03/04 05:06:07.123""#, 1_772_600_767_123, false),
        (#""msec":"1772600767.123""#, 1_772_600_767_123, false),
        (#""ts":1772600767.123456"#, 1_772_600_767_123, false),
        (#""ts":1.772600767123e9"#, 1_772_600_767_123, false),
        (#""ts":1772600767"#, 1_772_600_767_000, true),
        (#""ts":1772600767123"#, 1_772_600_767_123, false),
        (#""ts":1772600767123456"#, 1_772_600_767_123, false),
        (#""ts":"1772600767123456789""#, 1_772_600_767_123, false),
        (#""time":"garbage","msec":"1772600767.123""#, 1_772_600_767_123, false),
    ])
    func readsTimes(_ time: String, _ milliseconds: Int64, _ isSecondGranular: Bool) {
        let accesses = decodeLog(nginx(time: time)).accesses
        #expect(accesses.map(\.time.milliseconds) == [milliseconds])
        #expect(accesses.map(\.isSecondGranular) == [isSecondGranular])
    }

    @Test(arguments: [
        (#""x":1"#, "time is missing"), (#""time":"-""#, "time is missing"),
        (#""time":"yesterday""#, "time \"yesterday\" is not a time"),
        (#""ts":12"#, "time \"12\" is not a time"),
        (#""time":"0001-01-01T00:00:00Z""#, "time \"0001-01-01T00:00:00Z\" is not a time"),
    ])
    func rejectsWhatHasNoTime(_ time: String, _ reason: String) {
        let decoded = decodeLog(nginx(time: time))
        #expect(decoded.rejections.map(\.reason) == ["record at byte 0: \(reason)"])
    }

    @Test(arguments: ["0", #""000""#, "-1", #""-""#, "404", "null", #""""#])
    func ignoresWhatFailed(_ status: String) {
        let decoded = decodeLog(nginx(status: status))
        #expect(decoded.ignored == 1 && decoded.accesses.isEmpty && decoded.rejections.isEmpty)
    }

    /// What was not found may be in quarantine.
    @Test func mentionsWhatWasNotFound() {
        for path in ["/v2/a/manifests/\(digestA)", "/v2/a/blobs/sha256%3A\(digestA.dropFirst(7))"] {
            let decoded = decodeLog(nginx(path: path, status: "404"))
            #expect(decoded.mentions.map(\.description) == [digestA])
        }
        let own = nginx(path: "/v2/a/manifests/\(digestA)", status: "404")
            .replacing("containerd", with: "lastpull")
        #expect(decodeLog(own).mentions.isEmpty)
    }

    @Test func readsAWholeRequestLine() {
        let record =
            #"{"ts":1772600767,"request":"HEAD /v2/team/api/manifests/v1 HTTP/1.1","status":200}"#
        #expect(decodeLog(record).accesses.map(\.class) == [.resolve])
        let parsed =
            #"{"@timestamp":"2026-03-04T05:06:07.5Z","verb":"GET","request":"/v2/a/manifests/v1","#
            + #""response":"200","clientip":"10.0.0.1"}"#
        #expect(decodeLog(parsed).accesses.map(\.address) == ["10.0.0.1"])
    }

    @Test func takesKeysOfOnesOwn() throws {
        let record =
            #"{"when":1772600767,"verb":"x","m":"GET","what":"/v2/a/manifests/v1","code":"200","#
            + #""status":"500","who":"jo"}"#
        let keys = try #require(
            LogKeys([
                "time": "when", "method": "m", "path": "what", "status": "code", "user": "who",
            ])
        )
        let decoded = Array(record.utf8).withUnsafeBytes {
            AccessLog.decode($0, LogDialect(format: .json, keys: keys))
        }
        #expect(decoded.accesses.map(\.actor) == ["jo"])
        #expect(decoded.accesses.map(\.tag) == [TagName("v1")])
        #expect(decodeLog(record).accesses.isEmpty)
        #expect(LogKeys(["color": "red"]) == nil)
    }

    /// The shape of the last record is only a short cut: other records are read all the same.
    @Test func readsRecordsOfManyShapesAlike() {
        var records: [String] = []
        for number in 0..<200 {
            let space = String(repeating: " ", count: number % 7)
            let agent = number % 3 == 0 ? #","agent":"a\u00e9\"b""# : ""
            let size = number % 5 == 0 ? #","size":\#(number)"# : #","size":null"#
            records.append(
                nginx(
                    path: "/v2/r\(number)/manifests/v\(number)",
                    more: "\(agent)\(size),\(space)\"request_id\":\"\(number)\""
                )
            )
        }
        let alone = records.flatMap { decodeLog($0).accesses }
        let together = decodeLog(records.joined(separator: "\n"))
        #expect(alone.count == 200 && together.accesses == alone)
        #expect(together.rejections.isEmpty)
    }

    /// A record cut off where its shape goes on is broken, and takes no other with it.
    @Test func noticesWhatIsBrokenInAKnownShape() {
        let good = nginx(more: #","request_id":"1","size":12"#)
        for cut in 1..<good.utf8.count {
            let body = "\(good)\n\(good.prefix(good.count - cut))\n\(good)"
            let decoded = decodeLog(body)
            #expect(decoded.accesses.count == 2, "\(cut)")
            #expect(decoded.rejections.count == 1, "\(cut)")
        }
        for bad in [#""1","size":012"#, #""1","size":"#, "\"\u{1}\"", #""\x""#, #""1","size":1."#] {
            let record = good.replacing(#""1","size":12"#, with: bad)
            #expect(decodeLog("\(good)\n\(record)").rejections.count == 1, "\(bad)")
        }
    }
}
