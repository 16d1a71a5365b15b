import Foundation
import RegistryModel

/// What a token says of itself (RFC 7519), unverified: only good for knowing when to renew it.
struct JSONWebToken: Sendable, Equatable {
    var issuer: String?
    var issuedAt: Timestamp?
    var expires: Timestamp?

    /// Reads the middle part; nil where `text` is no such token.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var payload = parts[1].replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        payload += String(repeating: "=", count: (4 - payload.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: payload),
            let claims = try? JSONDecoder().decode(Claims.self, from: data)
        else { return nil }
        issuer = claims.iss
        issuedAt = claims.iat.flatMap(Self.moment)
        expires = claims.exp.flatMap(Self.moment)
    }

    private static func moment(_ seconds: Double) -> Timestamp? {
        guard seconds > 0, seconds < 1e11 else { return nil }
        return Timestamp(seconds: seconds)
    }

    /// How long it is good from the moment it was asked for; nil where it does not say.
    ///
    /// By its own two times where it has both, so that a clock of ours that is off does not matter.
    func lifetime(askedAt asked: Timestamp) -> Span? {
        guard let expires else { return nil }
        return max(.zero, expires - (issuedAt ?? asked))
    }

    private struct Claims: Decodable {
        var iss: String?
        var iat: Double?
        var exp: Double?
    }
}
