import EventDecoding
import Foundation
import Testing

struct GunzipTests {
    @Test func inflatesBothWrappers() throws {
        #expect(try Gunzip.inflate(Self.gzip, limit: 1_000) == Self.plain)
        #expect(try Gunzip.inflate(Self.zlib, limit: 1_000) == Self.plain)
    }

    /// Forwarders append members to a file, and send it as it is (RFC 1952, section 2.2).
    @Test func inflatesEveryMember() throws {
        let members = Self.gzip + Self.gzip + Self.gzip
        #expect(try Gunzip.inflate(members, limit: 1_000) == Self.plain + Self.plain + Self.plain)
        #expect(try Gunzip.inflate(Self.gzip + [0, 0, 0], limit: 1_000) == Self.plain)
    }

    @Test func stopsAtTheLimit() throws {
        #expect(try Gunzip.inflate(Self.gzip, limit: 320) == Self.plain)
        #expect(throws: InflateError.tooLarge(limit: 319)) {
            try Gunzip.inflate(Self.gzip, limit: 319)
        }
        #expect(throws: InflateError.tooLarge(limit: 0)) { try Gunzip.inflate(Self.gzip, limit: 0) }
    }

    /// Ten gigabytes in ten megabytes: it must not be inflated to be refused.
    @Test func refusesABomb() {
        let bomb = Array(repeatElement(Self.mebibyteOfZeros, count: 10_000).joined())
        #expect(throws: InflateError.tooLarge(limit: 5_000_000)) {
            try Gunzip.inflate(bomb, limit: 5_000_000)
        }
    }

    @Test func refusesEveryPrefix() {
        for wrapped in [Self.gzip, Self.zlib] {
            for length in wrapped.indices {
                #expect(throws: InflateError.truncated) {
                    try Gunzip.inflate(Array(wrapped[..<length]), limit: 1_000)
                }
            }
        }
    }

    @Test func refusesOtherBytes() {
        #expect(throws: InflateError.notCompressed) {
            try Gunzip.inflate(Array("{\"events\":[]}".utf8), limit: 1_000)
        }
        #expect(throws: InflateError.corrupt) {
            try Gunzip.inflate(Self.gzip + [7], limit: 1_000)
        }
        #expect(throws: InflateError.corrupt) {
            try Gunzip.inflate(Self.zlib + Self.gzip, limit: 1_000)
        }
        var damaged = Self.gzip
        damaged[damaged.count - 5] ^= 1
        #expect(throws: InflateError.corrupt) { try Gunzip.inflate(damaged, limit: 1_000) }
    }

    private static let plain = Array(String(repeating: "hello, registry\n", count: 20).utf8)
    private static let gzip = bytes(
        """
        H4sIAAAAAAACA8tIzcnJ11EoSk3PLC4pquTKGOWTxAcAgZPWmkABAAA=
        """
    )
    private static let zlib = bytes(
        """
        eNrLSM3JyddRKEpNzywuKarkyhjlk8QHAOibdb0=
        """
    )
    private static let mebibyteOfZeros = bytes(
        """
        H4sIAAAAAAACA+3BMQEAAADCoPVPbQhfoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAPgMc6jinAAAQAA==
        """
    )

    private static func bytes(_ base64: String) -> [UInt8] {
        Data(base64Encoded: base64).map { [UInt8]($0) } ?? []
    }
}
