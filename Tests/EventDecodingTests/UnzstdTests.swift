import EventDecoding
import Foundation
import Testing

struct UnzstdTests {
    private func sample(_ name: String) throws -> [UInt8] {
        let fixture = try #require(
            try Fixture.all("compressed").first { $0.testDescription == name }
        )
        return try fixture.body
    }

    private var plain: [UInt8] {
        get throws {
            let fixture = try Fixture.all("logs").first {
                $0.testDescription == "nginx-combined.log"
            }
            return try #require(fixture).body
        }
    }

    @Test func readsFrames() throws {
        let one = try Unzstd.inflate(sample("nginx-combined.log.zst"), limit: 10_000)
        #expect(try one == plain)
        let two = try Unzstd.inflate(sample("two-frames.zst"), limit: 10_000)
        #expect(try two == plain + plain)
    }

    @Test func stopsAtTheLimit() throws {
        let zeros = try sample("zeros.zst")
        #expect(try Unzstd.inflate(zeros, limit: 300_000).count == 300_000)
        #expect(throws: InflateError.tooLarge(limit: 299_999)) {
            try Unzstd.inflate(zeros, limit: 299_999)
        }
        #expect(throws: InflateError.tooLarge(limit: 0)) { try Unzstd.inflate(zeros, limit: 0) }
    }

    @Test func refusesWhatIsBroken() throws {
        let frame = try sample("nginx-combined.log.zst")
        #expect(throws: InflateError.notCompressed) { try Unzstd.inflate([], limit: 10) }
        #expect(throws: InflateError.notCompressed) { try Unzstd.inflate([1, 2, 3, 4], limit: 10) }
        for length in 4..<frame.count {
            #expect(throws: InflateError.truncated) {
                try Unzstd.inflate(Array(frame[..<length]), limit: 10_000)
            }
        }
        #expect(throws: InflateError.corrupt) {
            try Unzstd.inflate(frame + [1, 2, 3, 4, 5], limit: 10_000)
        }
        // A window of two gigabytes, which nobody has to hold.
        let window: [UInt8] = Unzstd.mark + [0x00, 0xA8, 0x01, 0x00, 0x00]
        #expect(throws: InflateError.corrupt) { try Unzstd.inflate(window, limit: 10_000) }
    }
}
