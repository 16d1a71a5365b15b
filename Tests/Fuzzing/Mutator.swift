/// SplitMix64: the same numbers in every run.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes inputs that are nearly right out of samples.
package struct Mutator: Sendable {
    private let samples: [[UInt8]]
    package var random: SeededGenerator

    /// `samples` must not be empty.
    package init(samples: [[UInt8]], seed: UInt64) {
        self.samples = samples
        random = SeededGenerator(seed: seed)
    }

    /// A sample with some bytes changed, cut out, repeated, nested, or taken from another sample.
    package mutating func next() -> [UInt8] {
        var body = sample()
        for _ in 0..<Int.random(in: 0...6, using: &random) { change(&body) }
        return body.count <= Self.longest ? body : Array(body[..<Self.longest])
    }

    private mutating func sample() -> [UInt8] {
        samples[Int.random(in: samples.indices, using: &random)]
    }

    private mutating func change(_ body: inout [UInt8]) {
        let start = Int.random(in: 0...body.count, using: &random)
        let end = min(body.count, start + Int.random(in: 0...60, using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0: body.removeSubrange(start..<end)
        case 1: body.insert(contentsOf: Array(body[start..<end]), at: start)
        case 2: body.insert(Self.marks[pick(Self.marks.count)], at: start)
        case 3:
            if start < body.count { body[start] = UInt8.random(in: .min ... .max, using: &random) }
        case 4: if start < body.count { body[start] ^= 1 << UInt8(pick(8)) }
        case 5:
            let other = sample()
            let from = pick(other.count + 1)
            body.replaceSubrange(start..<end, with: other[from...].prefix(pick(120) + 1))
        case 6: body.removeSubrange(start...)
        case 7:
            let piece = Array(body[start..<end])
            for _ in 0..<pick(40) { body.insert(contentsOf: piece, at: start) }
        case 8:
            let opening = Self.openings[pick(Self.openings.count)]
            let deep = repeatElement(opening, count: pick(200)).joined()
            body.insert(contentsOf: deep, at: start)
        default:
            let odd = Self.oddities[pick(Self.oddities.count)]
            body.replaceSubrange(start..<end, with: odd)
        }
    }

    private mutating func pick(_ count: Int) -> Int {
        count > 0 ? Int.random(in: 0..<count, using: &random) : 0
    }

    private static let marks = Array("{}[]\":,\\ \n\r\t/%-+0u<>|=#\u{0}é".utf8)
    private static let openings = ["[", "{\"a\":", "{\"event\":", "{\"records\":[", "\\"].map {
        Array($0.utf8)
    }
    private static let oddities = [
        "null", "true", "-1", "1e999", "18446744073709551616", "9223372036854775807", "\"\"", "-",
        "<nil>", "0001-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "\\ud800", "%zz",
        "/v2//manifests/",
        "sha256:", "\u{FEFF}", "\r\n\r\n", "HTTP/1.1\" 200 ", "2026-03-04T05:06:07Z stdout P ",
        "<190>1 - - - - - [", "{\"create\":{}}\n", " [04/Mar/2026:05:06:07 +0000] \"",
    ].map { Array($0.utf8) }

    /// Inputs grow by repeats; longer ones would only be slower.
    private static let longest = 65_536
}
