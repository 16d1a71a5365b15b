import EventDecoding
import RegistryModel
import Testing

/// What forwarders and stores put around records.
struct LogEnvelopeTests {
    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Event Hubs hands several of them on at once.
    @Test func readsEnvelopesInAnArray() {
        let record = AzureSample().json
        let envelope = #"{"records":[\#(record)]}"#
        let decoded = decodeLog("[\(envelope),\(envelope),\(record),{\"records\":[]}]")
        #expect(decoded.accesses.count == 3 && decoded.rejections.isEmpty)
        #expect(Set(decoded.accesses.map(\.key)).count == 3)
        // No deeper than that, however deep it goes on.
        let deep = #"{"records":[\#(envelope)]}"#
        #expect(decodeLog("[\(deep)]").rejections.count == 1)
    }

    @Test func readsLokisStreams() {
        let entry = #"["1772600767123456789",\#(quoted(line()))]"#
        let labelled = #"["1772600767123456789",\#(quoted(line())),{"a":"b"}]"#
        let body =
            #"{"streams":[{"stream":{"a":"b"},"values":[\#(entry),\#(labelled)]},{"values":[\#(entry)]}]}"#
        #expect(decodeLog(body).accesses.count == 3)
        #expect(decodeLog(#"{"streams":[]}"#) == DecodedBody())
        #expect(decodeLog(#"{"streams":[{"values":[["1"]]}]}"#).rejections.count == 1)
    }

    @Test func readsOpenTelemetrysBodies() {
        func logs(_ body: String) -> String {
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":\#(body)}]}]}]}"#
        }
        #expect(decodeLog(logs(#"{"stringValue":\#(quoted(line()))}"#)).accesses.count == 1)
        let map =
            #"{"kvlistValue":{"values":[{"key":"request_method","value":{"stringValue":"GET"}},"#
            + #"{"key":"request_uri","value":{"stringValue":"/v2/a/manifests/v1"}},"#
            + #"{"key":"status","value":{"intValue":"200"}},{"key":"ts","value":{"doubleValue":1772600767.5}}]}}"#
        #expect(decodeLog(logs(map)).accesses.map(\.tag) == [TagName("v1")])
        #expect(decodeLog(logs(#"{"boolValue":true}"#)).rejections.count == 1)
    }

    @Test func readsSplunksEvents() {
        let text = #"{"event":\#(quoted(line())),"time":1772600767.123,"host":"edge1"}"#
        let object =
            #"{"event":{"ts":1772600767,"request":"GET /v2/a/manifests/v1 HTTP/1.1","status":200}}"#
        let decoded = decodeLog(text + object + text)
        #expect(decoded.accesses.count == 3 && decoded.rejections.isEmpty)
    }

    // Docker's driver with `splunk-format=raw`: the container's id, then what the container wrote.
    @Test func readsWhatStandsBehindAContainersId() {
        let record =
            #"{"ts":1772600767,"request":"GET /v2/a/manifests/v1 HTTP/1.1","status":200}"#
        func event(_ text: String) -> String { #"{"event":\#(quoted(text))}"# }
        let decoded = decodeLog(event("0123456789ab \(record)"))
        #expect(decoded.accesses.map(\.tag) == [TagName("v1")] && decoded.rejections.isEmpty)
        for other in ["0123456789ab", "0123456789abc \(record)", "0123456789ag \(record)"] {
            #expect(decodeLog(event(other)).rejections.count == 1)
        }
    }

    /// A query need not ask for every column.
    @Test func readsTablesOfQueries() {
        func table(_ columns: [String], _ rows: String) -> String {
            let names = columns.map { #"{"name":"\#($0)","type":"string"}"# }
            return
                #"{"tables":[{"name":"PrimaryResult","columns":[\#(names.joined(separator: ","))],"#
                + #""rows":[\#(rows)]}]}"#
        }
        let columns = ["TimeGenerated", "OperationName", "Repository", "Tag", "Digest"]
        func row(_ operation: String, _ digest: String = digestA) -> String {
            #"["2026-03-04T05:06:07.1Z","\#(operation)","a","v1","\#(digest)"]"#
        }
        #expect(decodeLog(table(columns, row("Pull"))).accesses.map(\.class) == [.pull])
        #expect(decodeLog(table(columns, row("Push"))).accesses.map(\.class) == [.push])
        // Whether it succeeded is not said: nothing is gone on that word.
        for unsaid in [row("Delete"), row("Untag"), row("Push", "")] {
            #expect(decodeLog(table(columns, unsaid)).ignored == 1)
        }
        let told = table(columns + ["ResultDescription"], row("Delete").dropLast() + #","202"]"#)
        #expect(decodeLog(told).accesses.map(\.class) == [.delete])
    }

    @Test func takesDocumentsOutOfABulk() {
        let text = """
            {"create":{"_index":"a","_id":"1"}}
            {"message":\(quoted(line()))}
            {"delete":{"_index":"a","_id":"2"}}
            {"index":{}}

            {"message":\(quoted(line()))}
            stray
            """
        let bulk = Array(text.utf8).withUnsafeBytes { BulkBody($0) }
        #expect(bulk.actions.map(\.kind) == ["create", "delete", "index"])
        #expect(bulk.actions.map(\.index) == ["a", "a", nil])
        #expect(bulk.actions.map(\.id) == ["1", "2", nil])
        #expect(bulk.strays == 1)
        let decoded = AccessLog.decode(bulk.documents, format: nil)
        #expect(decoded.accesses.count == 2 && decoded.rejections.count == 1)
    }

    /// A large body is read on all processors, and says the same.
    @Test func readsLargeBodiesAsOne() {
        var lines: [String] = []
        for number in 0..<12_000 {
            switch number % 6 {
            case 0: lines.append(line())
            case 1: lines.append(line(request: "GET /v2/a/manifests/v\(number) HTTP/1.1"))
            case 2: lines.append(AzureSample(correlation: "\"\(number)\"").json)
            case 3: lines.append("{\"log\":\(quoted(line()))}")
            case 4: lines.append(number % 5 == 0 ? "garbage" : "")
            default: lines.append(line(status: 404))
            }
        }
        for extra in ["", "{\n\"a\":1,\n\"log\":\n\"x\"\n}"] {
            let body = Array((lines + [extra] + lines).joined(separator: "\n").utf8)
            let whole = body.withUnsafeBytes { DecodedLog(reading: $0, LogDialect()).body }
            let decoded = AccessLog.decode(body, format: nil)
            #expect(body.count > 1 << 20 && decoded.accesses.count == 16_000)
            #expect(decoded == whole)
            #expect(Set(decoded.accesses.map(\.key)).count == 16_000)
        }
    }
}
