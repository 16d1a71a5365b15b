import Foundation
import HTTPTypes
package import RegistryModel

/// The tokens that open one kind of access (design, section 6.2, `access`).
package struct AccessTokens: Sendable {
    private let accepted: [Secret]

    /// Accepts each of `accepted`; an empty token opens nothing.
    package init(_ accepted: [Secret]) {
        self.accepted = accepted.filter { !$0.revealed.isEmpty }
    }

    package init(_ token: Secret) { self.init([token]) }

    /// Whether the value of an `Authorization` field carries an accepted token.
    ///
    /// It may be `Bearer TOKEN`, `Splunk TOKEN`, `ApiKey`, `Basic` with the token as password of any
    /// user, or the bare token, as GitLab's registry sends it. The time taken does not tell how much of a token was right.
    package func permit(_ authorization: String?) -> Bool {
        guard let authorization, let offered = Self.token(in: authorization) else { return false }
        var isAccepted = false
        for token in accepted where token.matches(offered) { isAccepted = true }
        return isAccepted
    }

    /// Whether a request that reports something may: by its `Authorization`, by the token as the
    /// value of any other field, or by the token as the last segment of the path.
    ///
    /// What senders can be made to send differs: some only a field of their own, some only an
    /// address.
    func permit(_ fields: HTTPFields, segment: String?) -> Bool {
        if permit(fields[.authorization]) { return true }
        var isAccepted = false
        for token in accepted {
            if let segment, token.matches(segment) { isAccepted = true }
            for field in fields where token.matches(field.value) { isAccepted = true }
        }
        return isAccepted
    }

    /// Whether the body is signed with an accepted token.
    func permit(_ body: some DataProtocol, signedBy signature: BodySignature) -> Bool {
        var isAccepted = false
        for token in accepted where signature.signs(body, with: token) { isAccepted = true }
        return isAccepted
    }

    private static func token(in authorization: String) -> Substring? {
        guard let space = authorization.utf8.firstIndex(of: UInt8(ascii: " ")) else {
            return authorization[...]
        }
        let credentials = authorization[space...].drop { $0 == " " }
        switch authorization[..<space].lowercased() {
        case "bearer", "splunk": return credentials
        case "basic": return password(in: credentials)
        // Elasticsearch's, in base 64 with its id before it, or bare.
        case "apikey": return password(in: credentials) ?? credentials
        default: return authorization[...]
        }
    }

    private static func password(in credentials: Substring) -> Substring? {
        guard let data = Data(base64Encoded: String(credentials)) else { return nil }
        let pair = String(decoding: data, as: UTF8.self)
        return pair.firstIndex(of: ":").map { pair[pair.index(after: $0)...] }
    }
}
