package import RegistryModel

/// How one webhook fares: what the ledger remembers of it between starts.
package struct WebhookState: Sendable, Equatable {
    package var id: Int64
    package var name: String
    /// Its deliveries up to this place of the outbox are queued, or over.
    package var place: Int64
    package var delivered: Int
    package var deliveredAt: Timestamp?
    /// Attempts that failed, of all time.
    package var failures: Int
    /// Attempts in a row that failed for a reason that any event would meet; 0 while all is well.
    package var attempts: Int
    package var failingSince: Timestamp?
    /// Nothing is sent before.
    package var nextAt: Timestamp
    /// Set while nothing is sent until the next start, as the receiver wants.
    package var stoppedAt: Timestamp?
    /// Why the last attempt failed; empty while all is well.
    package var problem: String
}

/// How one webhook fares, and how much waits for it.
@dynamicMemberLookup
package struct WebhookSummary: Sendable, Equatable {
    package var state: WebhookState
    /// Events that it is still to get.
    package var pending: Int
    /// Events that were given up.
    package var failed: Int

    package subscript<Value>(dynamicMember path: KeyPath<WebhookState, Value>) -> Value {
        state[keyPath: path]
    }
}

/// An event on its way to one webhook.
package struct WebhookDelivery: Sendable, Equatable {
    package var event: StoredEvent
    /// When it was first due.
    package var since: Timestamp
    /// Attempts that it was refused in, for a reason of its own.
    package var attempts: Int
    /// Not sent before.
    package var nextAt: Timestamp
    /// When it was given up; nil while it is still to be sent.
    package var failedAt: Timestamp?
    package var problem: String
}
