package import AccessLedger
package import RegistryModel

/// An event of the outbox as Docker's clients read it (design, section 5.10).
package struct DockerEvent: Sendable, Equatable {
    /// Its place in the outbox.
    package var id: Int64
    package var event: PruneEvent

    package init(id: Int64, event: PruneEvent) {
        self.id = id
        self.event = event
    }

    package init(_ stored: StoredEvent) { self.init(id: stored.id, event: stored.event) }

    /// The event's time in nanoseconds; its place tells apart what happened in one millisecond.
    package var moment: EventMoment {
        EventMoment(nanoseconds: event.time.milliseconds * 1_000_000 + id % 1_000_000)
    }

    /// Where all events are from, in Docker's words.
    static let scope = "local"

    /// One line of JSON, with `status` as Docker's API below 1.52 has it.
    ///
    /// The same event is always the same text.
    package var json: String {
        let attributes = event.attributes.sorted { $0.key < $1.key }
            .map { "\($0.key.jsonQuoted):\($0.value.jsonQuoted)" }
            .joined(separator: ",")
        let action = event.action.jsonQuoted
        return #"{"status":\#(action),"Type":\#(event.type.jsonQuoted),"Action":\#(action),"#
            + #""Actor":{"ID":\#(event.actor.jsonQuoted),"Attributes":{\#(attributes)}},"#
            + #""scope":"\#(Self.scope)","time":\#(moment.seconds),"timeNano":\#(moment.nanoseconds)}"#
    }
}
