import RegistryModel
import Testing

@testable import EventDecoding

/// How records of logs are told apart, and known again.
struct RecordNamingTests {
    private static let naming = RecordNaming.keyed(low: 1, high: 2)

    /// SipHash-1-3 with 128 bits of nothing, with the key 00 01 … 0f.
    @Test func hashesAsOthersDo() {
        let hash = SipHash(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)
        let key = hash.finish(0)
        #expect(key.low == 0xBEA5_8827_B2BC_7EE7 && key.high == 0x0130_30DD_6ADB_62FD)
    }

    // Each byte counts, whatever its place; bytes that lie around a field don't.
    @Test func everyByteOfAFieldCounts() {
        for length in 1...300 {
            let text = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var names: Set<EventKey> = [Self.name([text])]
            for place in text.indices {
                var other = text
                other[place] ^= 0x80
                names.insert(Self.name([other]))
            }
            #expect(names.count == length + 1)
            let within = [7] + text + [9]
            let inside = within.withUnsafeBytes { bytes in
                var hash = SipHash(low: 1, high: 2)
                hash.add(UnsafeRawBufferPointer(rebasing: bytes[1...length]))
                return hash.finish(1)
            }
            #expect(inside == Self.name([text]))
        }
    }

    // What one field loses at its end the next can't make up for.
    @Test func fieldsKeepTheirEnds() {
        let text = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        let cuts = (0...text.count).map { Self.name([Array(text[..<$0]), Array(text[$0...])]) }
        #expect(Set(cuts).count == cuts.count)
        let zeros = (0...40).map { Self.name([[UInt8](repeating: 0, count: $0)]) }
        #expect(Set(zeros).count == zeros.count)
    }

    private static func name(_ fields: [[UInt8]]) -> EventKey {
        var hash = SipHash(low: 1, high: 2)
        for field in fields { field.withUnsafeBytes { hash.add($0) } }
        return hash.finish(UInt64(fields.count))
    }

    // A record is known again wherever it comes, with the same secret only.
    @Test func theSecretDecidesTheName() {
        let line = Array(
            #"10.0.0.1 - - [04/Mar/2026:05:06:07 +0000] "GET /v2/a/manifests/v1 HTTP/1.1" 200 9"#
                .utf8
        )
        func keys(_ naming: RecordNaming) -> [EventKey] {
            AccessLog.decode(line + [0x0A] + line, LogDialect(naming: naming)).accesses.map(\.key)
        }
        #expect(Set(keys(Self.naming)).count == 2)
        #expect(keys(Self.naming) == keys(Self.naming))
        #expect(Set(keys(Self.naming) + keys(.keyed(low: 1, high: 3)) + keys(.digest)).count == 6)
    }
}
