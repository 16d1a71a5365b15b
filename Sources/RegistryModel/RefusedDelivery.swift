/// Deliveries that were refused for one reason, one registry's or those for names that nobody knows.
package struct RefusedDelivery: Sendable, Equatable {
    package enum Reason: String, Sendable, CaseIterable {
        /// It came without any token.
        case missingToken
        case wrongToken
        case wrongSignature
        /// Its registry is not in the settings.
        case unknownRegistry
    }

    /// Nil for a name that is not in the settings: strangers choose such names, so they count together.
    package var registry: String?
    package var reason: Reason
    package var count: Int
    package var lastAt: Timestamp
    /// Where the last came from; empty where that is not known.
    package var address: String
    /// The name that the last one gave, where it may be shown: of those who were let in; else empty.
    package var name: String

    package init(
        registry: String?,
        reason: Reason,
        count: Int = 1,
        lastAt: Timestamp,
        address: String,
        name: String = ""
    ) {
        self.registry = registry
        self.reason = reason
        self.count = count
        self.lastAt = lastAt
        self.address = address
        self.name = name
    }
}

extension RefusedDelivery.Reason {
    /// Why, and what helps.
    package var advice: String {
        switch self {
        case .missingToken:
            "came without a token in Authorization or its address; let its sender send that of "
                + "access.ingest"
        case .wrongToken:
            "came with a wrong token; give its sender that of access.ingest"
        case .wrongSignature:
            "was signed with another secret; give its sender the token of access.ingest as its secret"
        case .unknownRegistry:
            "was for a registry that is not in the settings; correct the address that it posts to, or "
                + "add the registry"
        }
    }
}

extension RefusedDelivery: CustomStringConvertible {
    /// How many, and what is known of the last.
    package var description: String {
        let place = address.isEmpty ? "" : " from \(address)"
        let named = name.isEmpty ? "" : " for \"\(name)\""
        let head =
            count == 1 ? "1 delivery was refused: it" : "\(count) deliveries were refused: the last"
        return "\(head)\(place)\(named) \(reason.advice)"
    }
}
