import Crypto
import Foundation
import HTTPTypes
import RegistryModel

/// What a sender has put in a header field to sign the body with the token as key.
struct BodySignature {
    enum Algorithm { case sha256, sha1 }

    var algorithm: Algorithm
    var code: [UInt8]

    /// The strongest signature that the fields of a request carry; nil for none.
    ///
    /// GitHub sends `X-Hub-Signature-256` and the older one beside it, Nexus a SHA-1, Artifactory a
    /// SHA-256 where it was told to sign (formats: GitHub, Nexus, Artifactory).
    init?(in fields: HTTPFields) {
        if let text = fields[named: Self.hub256], let code = Self.code(text, prefix: "sha256=", 32)
        {
            self.init(algorithm: .sha256, code: code)
        } else if let text = fields[named: Self.artifactory],
            let code = Self.code(text, prefix: "", 32)
        {
            self.init(algorithm: .sha256, code: code)
        } else if let text = fields[named: Self.hub1],
            let code = Self.code(text, prefix: "sha1=", 20)
        {
            self.init(algorithm: .sha1, code: code)
        } else if let text = fields[named: Self.nexus], let code = Self.code(text, prefix: "", 20) {
            self.init(algorithm: .sha1, code: code)
        } else {
            return nil
        }
    }

    private init(algorithm: Algorithm, code: [UInt8]) {
        self.algorithm = algorithm
        self.code = code
    }

    /// Whether it signs `body` with `key`; the time taken does not tell how much of it was right.
    func signs(_ body: some DataProtocol, with key: Secret) -> Bool {
        let key = SymmetricKey(data: Data(key.revealed.utf8))
        return switch algorithm {
        case .sha256:
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: key)
        case .sha1:
            HMAC<Insecure.SHA1>.isValidAuthenticationCode(code, authenticating: body, using: key)
        }
    }

    /// The bytes of hexadecimal digits of either case after a prefix.
    private static func code(_ text: String, prefix: String, _ count: Int) -> [UInt8]? {
        guard text.hasPrefix(prefix) else { return nil }
        let digits = Array(text.dropFirst(prefix.count).utf8)
        guard digits.count == 2 * count else { return nil }
        var code: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
            guard !pair.hasPrefix("+"), let byte = UInt8(pair, radix: 16) else { return nil }
            code.append(byte)
        }
        return code
    }

    private static let hub256 = HTTPField.Name("X-Hub-Signature-256")
    private static let hub1 = HTTPField.Name("X-Hub-Signature")
    private static let nexus = HTTPField.Name("X-Nexus-Webhook-Signature")
    private static let artifactory = HTTPField.Name("X-JFrog-Event-Auth")
}
