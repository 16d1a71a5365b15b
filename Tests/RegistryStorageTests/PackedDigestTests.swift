import RegistryModel
import RegistryStorage
import Testing

struct PackedDigestTests {
    @Test func isTheSameDigestAfterwards() throws {
        let digest = Digest(hashing: Array("content".utf8))
        let packed = try #require(PackedDigest(digest))
        #expect(packed.digest == digest)
        #expect(PackedDigest(bytes: packed.bytes) == packed)
        #expect(packed.bytes.count == 32)
    }

    @Test func takesNoOtherAlgorithm() throws {
        let digest = try #require(Digest("sha512:" + String(repeating: "ab", count: 64)))
        #expect(PackedDigest(digest) == nil)
        #expect(PackedDigest(bytes: [1, 2, 3]) == nil)
    }
}
