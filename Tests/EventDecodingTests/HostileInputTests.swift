import EventDecoding
import RegistryModel
import Testing

/// Whatever comes, the decoders return, and account for no more than came.
struct HostileInputTests {
    @Test func survivesPrefixesOfEverySample() throws {
        for fixture in try Fixture.all("events") + Fixture.all("logs") {
            let body = try fixture.body
            for length in stride(from: 0, to: body.count - 1, by: 3) {
                let prefix = Array(body[..<length])
                let decoded = NotificationEnvelope.decode(prefix)
                #expect(decoded.rejections.count == 1 && decoded.accesses.isEmpty)
                _ = AccessLog.decode(prefix, format: nil)
            }
        }
    }

    @Test(arguments: [
        "[", "[\n", "{\"a\":", "{\"a\":[\n", "{\"records\":[", "[0,\n", "{\"events\":[",
    ])
    func survivesDeepNesting(_ unit: String) {
        let body = Array(String(repeating: unit, count: 10_000).utf8)
        let log = AccessLog.decode(body, format: nil)
        #expect(log.accesses.isEmpty && !log.rejections.isEmpty)
        #expect(log.rejections.map(\.excerpt.count).reduce(0, +) <= body.count)
        #expect(NotificationEnvelope.decode(body).rejections.count == 1)
    }

    @Test func keepsLittleOfABodyOfFaults() {
        let body = Array(String(repeating: "x\n", count: 100_000).utf8)
        let decoded = AccessLog.decode(body, format: nil)
        #expect(decoded.rejections.count == 100_000)
        #expect(decoded.rejections.filter { !$0.excerpt.isEmpty }.count == 100)
    }
}
