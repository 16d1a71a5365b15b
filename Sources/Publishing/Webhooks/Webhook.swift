package import RegistryModel

/// Where events are sent to, as they happen: one receiver of the settings.
package struct Webhook: Sendable, Equatable {
    /// How an event is laid out in a request (CloudEvents HTTP binding, sections 3.1 and 3.2).
    package enum Mode: String, Sendable, CaseIterable {
        /// The whole event in the body.
        case structured
        /// Its attributes in header fields, and what happened in the body.
        case binary
    }

    /// A header field of the operator's own; the value may be a password.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: Secret

        package init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }
    }

    /// Tells webhooks apart; unlike the address it can be shown to everybody.
    package var name: String
    /// The address, whose path and query may hold a password.
    package var url: Secret
    package var mode: Mode
    /// Each signs every request, so that a receiver may change from one to the next.
    package var keys: [WebhookKey]
    package var fields: [Field]
    package var filter: EventFilter
    /// Who sends, as CloudEvents name it.
    package var source: String
    /// A PEM file of authorities to trust, where the system does not know them.
    package var authorities: String?

    package init(
        name: String,
        url: Secret,
        mode: Mode = .structured,
        keys: [WebhookKey] = [],
        fields: [Field] = [],
        filter: EventFilter = .everything,
        source: String = "urn:lastpull",
        authorities: String? = nil
    ) {
        self.name = name
        self.url = url
        self.mode = mode
        self.keys = keys
        self.fields = fields
        self.filter = filter
        self.source = source
        self.authorities = authorities
    }

    /// Whether a header field of this name is ours to set (in lower case).
    package static func isReserved(_ field: String) -> Bool {
        field.hasPrefix("webhook-") || field.hasPrefix("ce-") || ownFields.contains(field)
    }

    private static let ownFields: Set<String> = [
        "connection", "content-encoding", "content-length", "content-type", "expect", "host",
        "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
    ]
}
