import RegistryModel

/// An image of the generated registry: always the same for the same two numbers.
///
/// Its manifest is real, so that its digest is what a client computes; of its layers there are only
/// names and sizes.
struct GeneratedImage {
    let repository: Int
    let number: Int

    /// An image's own configuration and layer, and the layer that its repository shares.
    struct Blob {
        var digest: String
        var size: Int64
    }

    static let perRepository = 100

    static func repositoryName(_ repository: Int) -> String { "bench/app-\(repository)" }

    var tag: String { "v\(number)" }

    var blobs: [Blob] {
        let own = UInt64(repository) << 32 | UInt64(number) << 2
        let shared = UInt64(repository) << 32 | 0xFFFF_FFFF
        return [
            Blob(digest: Self.digest(own | 1), size: 4_096),
            Blob(digest: Self.digest(shared), size: 30_000_000),
            Blob(digest: Self.digest(own | 2), size: 2_000_000 + Int64(number)),
        ]
    }

    var manifest: [UInt8] {
        let blobs = blobs
        func descriptor(_ type: String, _ blob: Blob) -> String {
            #"{"mediaType":"application/vnd.oci.image.\#(type)","digest":"\#(blob.digest)","#
                + #""size":\#(blob.size)}"#
        }
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + descriptor("config.v1+json", blobs[0]) + #","layers":["#
            + descriptor("layer.v1.tar+gzip", blobs[1]) + ","
            + descriptor("layer.v1.tar+gzip", blobs[2]) + "]}"
        return Array(text.utf8)
    }

    /// 256 bits that look like a hash, from one number.
    private static func digest(_ seed: UInt64) -> String {
        var random = SplitMix(state: seed)
        var text = [UInt8]("sha256:".utf8)
        text.reserveCapacity(71)
        for _ in 0..<4 {
            let bits = random.next()
            for shift in stride(from: 60, through: 0, by: -4) {
                text.append(hexDigits[Int(bits >> UInt64(shift) & 0xF)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let hexDigits = [UInt8]("0123456789abcdef".utf8)
}

/// SplitMix64: quick, and the same everywhere.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
