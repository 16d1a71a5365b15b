import Crypto
import Foundation
package import RegistryModel

/// A secret that requests are signed with (Standard Webhooks, "Signature scheme").
package struct WebhookKey: Sendable, Equatable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// Reads `whsec_` and base64, or any other text as it is; nil where the base64 is none.
    package init?(_ secret: Secret) {
        let text = secret.revealed
        guard text.hasPrefix(Self.prefix) else {
            bytes = Array(text.utf8)
            return
        }
        var encoded = text.dropFirst(Self.prefix.count)
        while encoded.last == "=" { encoded.removeLast() }
        let padding = String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: encoded + padding), !data.isEmpty else { return nil }
        bytes = Array(data)
    }

    /// Whether it is too short to be safe: the specification wants 24 bytes at least.
    package var isShort: Bool { bytes.count < 24 }

    package var description: String { "<redacted>" }

    /// One signature of the field `webhook-signature`.
    package func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: bytes))
        code.update(data: Data("\(id).\(seconds).".utf8))
        code.update(data: body)
        return "v1," + Data(code.finalize()).base64EncodedString()
    }

    private static let prefix = "whsec_"
}
