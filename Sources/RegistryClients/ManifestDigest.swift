import Crypto
import Foundation
import RegistryModel

/// Computes the digests of manifests and blobs.
enum ManifestDigest {
    /// The digest of `bytes`, or nil where the algorithm is not known.
    static func compute(
        _ bytes: some DataProtocol,
        algorithm: some StringProtocol
    ) -> RegistryModel.Digest? {
        switch String(algorithm) {
        case "sha256": RegistryModel.Digest("sha256:\(hex(SHA256.hash(data: bytes)))")
        case "sha512": RegistryModel.Digest("sha512:\(hex(SHA512.hash(data: bytes)))")
        default: nil
        }
    }

    /// What the digest is computed of: all bytes but, for a signed schema 1 manifest, what was
    /// signed.
    ///
    /// Specification: Docker image manifest version 2, schema 1, section "Signed manifests". Bytes
    /// that are no such manifest are returned as they are, and will not match any digest.
    static func content(of bytes: [UInt8], mediaType: String?) -> [UInt8] {
        guard mediaType == MediaType.schema1Signed || mediaType == MediaType.schema1,
            let signed = try? JSONDecoder().decode(SignedManifest.self, from: Data(bytes)),
            let text = signed.signatures.first?.protected, let protected = base64(text),
            let frame = try? JSONDecoder().decode(Frame.self, from: protected),
            (0...bytes.count).contains(frame.formatLength), let tail = base64(frame.formatTail)
        else { return bytes }
        return bytes[..<frame.formatLength] + Array(tail)
    }

    private struct SignedManifest: Decodable {
        struct Signature: Decodable { var protected: String }
        var signatures: [Signature]
    }

    private struct Frame: Decodable {
        var formatLength: Int
        var formatTail: String
    }

    /// Base64 for URLs, which leaves out the padding (RFC 7515, section 2).
    private static func base64(_ text: String) -> Data? {
        let standard = text.replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        return Data(
            base64Encoded: standard + String(repeating: "=", count: (4 - text.count % 4) % 4)
        )
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
