import EventDecoding
import RegistryModel
import Testing

struct LogFramingTests {
    /// A container's output mixes the registry's own log with its access lines.
    @Test func ignoresApplicationLogsAndEmptyLines() {
        let text = """

            time="2026-03-04T05:06:07Z" level=info msg="response completed"
            \(line())
            {"level":"info","msg":"response completed","time":"2026-03-04T05:06:07Z"}

            {"@version":"1","level":"info","message":"response completed"}
            \(line())
            2026-03-04T05:06:07.123456789Z stderr F time="2026-03-04T05:06:07Z" level=info
            2026-03-04T05:06:07.123456789Z stdout F \(line())
            """
        let decoded = decodeLog(text)
        #expect(decoded.accesses.count == 3)
        #expect(Set(decoded.accesses.map(\.key)).count == 3)
        #expect(decoded.accesses.map(\.address) == Array(repeating: "10.20.30.40", count: 3))
        #expect(decoded.ignored == 4 && decoded.rejections.isEmpty)
    }

    @Test(arguments: ["log", "message", "MESSAGE"])
    func unwrapsLinesOfForwarders(_ key: String) {
        let wrapped = wrap(" \(line())\n", key)
        for body in [
            "\(wrapped)\n\(wrapped)", "\(wrapped)\(wrapped)", "[\(wrapped),\n \(wrapped)]",
        ] {
            let decoded = decodeLog(body)
            #expect(decoded.accesses.count == 2 && decoded.rejections.isEmpty)
        }
    }

    @Test func unwrapsLinesOfApplicationsThatHaveALevel() {
        let decoded = decodeLog("{\"level\":\"info\",\"message\":\(quote(line()))}")
        #expect(decoded.accesses.count == 1)
    }

    @Test func passesOverAWrappingThatIsNoText() {
        let decoded = decodeLog("{\"log\":{\"file\":1},\"message\":\(quote(line()))}")
        #expect(decoded.accesses.count == 1 && decoded.rejections.isEmpty)
    }

    @Test func unwrapsWrappedWrappings() {
        let twice = wrap(wrap(line(), "log"), "message")
        #expect(decodeLog(twice).accesses.count == 1)
        let deep = wrap(wrap(twice, "log"), "log")
        #expect(decodeLog(deep).accesses.isEmpty && decodeLog(deep).rejections.count == 1)
    }

    @Test func rejectsObjectsThatSayNothing() {
        let decoded = decodeLog("{\"a\":1}\n[2]\n\(line())")
        #expect(
            decoded.rejections.map(\.reason) == [
                "record at byte 0 has no request and no line in it",
                "item at byte 9 is not a JSON object",
            ]
        )
        #expect(decoded.accesses.count == 1)
    }

    @Test(arguments: ["", " \n\t", "[]", "{\"records\":[]}", "[] []", "\u{FEFF}"])
    func findsNothingInEmptyBodies(_ body: String) {
        #expect(decodeLog(body) == DecodedBody())
    }

    /// A broken record takes no other with it, and none is counted twice.
    @Test func goesOnAfterABrokenRecord() {
        let good = AzureSample().json
        let cut = String(good.dropLast(40))
        for (body, count) in [
            ("\(good)\n\(cut)\n\(good)", 2), ("\(cut)\n\(good)\n\(good)", 2),
            ("\(good)\n\(cut)", 1),
            ("[\n\(good),\n\(good),\n\(cut)", 2), ("[\(good),\(cut)]\n\(good)", 2),
            ("{\n  \"a\":\n  x\n}\n\(good)", 1), ("\(cut)\n\(line())", 1),
        ] {
            let decoded = decodeLog(body)
            #expect(decoded.accesses.count == count, "\(body)")
            #expect(decoded.rejections.count == 1, "\(body)")
        }
    }

    @Test func takesOnlyTheFormatThatIsAskedFor() {
        let record = AzureSample().json
        #expect(decodeLog(record, format: .acr).accesses.count == 1)
        #expect(decodeLog(line(), format: .distribution).accesses.count == 1)
        #expect(decodeLog(line(), format: .combined).accesses.count == 1)
        #expect(decodeLog(wrap(line(), "log"), format: .combined).accesses.count == 1)
        #expect(decodeLog(wrap(record, "log"), format: .acr).accesses.count == 1)
        #expect(
            decodeLog(line(), format: .acr).rejections.map(\.reason) == [
                "line at byte 0 is not a JSON record"
            ]
        )
        #expect(
            decodeLog(record, format: .combined).rejections.map(\.reason) == [
                "record at byte 0 is not an access line"
            ]
        )
    }

    private func wrap(_ text: String, _ key: String) -> String {
        "{\"date\":1772600767.123456,\"\(key)\":\(quote(text))}"
    }

    private func quote(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
