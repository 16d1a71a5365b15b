import EventDecoding
import RegistryModel
import Testing

/// Whatever comes, the decoders return, and account for no more than came.
struct HostileInputTests {
    /// Mutations of every sample: bytes changed, cut out, doubled, and taken from other samples.
    @Test func survivesTwentyThousandMutations() throws {
        let samples = try (Fixture.all("events") + Fixture.all("logs")).map { try $0.body }
        var random = SeededGenerator(state: 20_260_304)
        var isRejectedSometimes = false
        for index in 0..<20_000 {
            let body = random.mutation(of: samples)
            let events = NotificationEnvelope.decode(body)
            let log = AccessLog.decode(body, format: nil)
            for decoded in [events, log] {
                let parts = decoded.accesses.count + decoded.ignored + decoded.rejections.count
                guard parts <= body.count else {
                    Issue.record("mutation \(index) decodes to \(parts) parts")
                    return
                }
                let excerpts = decoded.rejections.map(\.excerpt.count).reduce(0, +)
                // A redaction may be a little longer than what it hides.
                guard excerpts <= body.count * 2 + 64 else {
                    Issue.record("mutation \(index) keeps \(excerpts) bytes")
                    return
                }
            }
            isRejectedSometimes = isRejectedSometimes || !log.rejections.isEmpty
        }
        #expect(isRejectedSometimes)
    }

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

/// SplitMix64: the same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func mutation(of samples: [[UInt8]]) -> [UInt8] {
        var body = samples[Int.random(in: samples.indices, using: &self)]
        let other = samples[Int.random(in: samples.indices, using: &self)]
        for _ in 0..<Int.random(in: 1...6, using: &self) {
            let start = Int.random(in: 0...body.count, using: &self)
            let end = min(body.count, start + Int.random(in: 0...40, using: &self))
            switch Int.random(in: 0..<5, using: &self) {
            case 0: body.replaceSubrange(start..<end, with: [])
            case 1: body.insert(contentsOf: Array(body[start..<end]), at: start)
            case 2:
                let marks = Array("{}[]\":,\\ \n\r\t/%-+0u\u{0}é".utf8)
                body.insert(marks[Int.random(in: marks.indices, using: &self)], at: start)
            case 3:
                if start < body.count {
                    body[start] = UInt8.random(in: .min ... .max, using: &self)
                }
            default:
                let from = Int.random(in: other.indices, using: &self)
                body.replaceSubrange(start..<end, with: other[from...].prefix(60))
            }
        }
        return body
    }
}
