package import AccessLedger
package import RegistryModel

/// Where events are read from: the ledger, which every process of lastpull writes to.
package struct EventOutbox: Sendable {
    /// Events behind a place and not older than a time, in order, and no more than a number.
    package var events:
        @Sendable (_ after: Int64, _ since: Timestamp?, _ limit: Int) async throws -> [DockerEvent]
    /// The place of the newest event; 0 where there is none.
    package var last: @Sendable () async throws -> Int64

    package init(
        events:
            @escaping @Sendable (_ after: Int64, _ since: Timestamp?, _ limit: Int) async throws ->
            [DockerEvent],
        last: @escaping @Sendable () async throws -> Int64
    ) {
        self.events = events
        self.last = last
    }

    package init(_ ledger: Ledger) {
        self.init(
            events: { after, since, limit in
                try await ledger.events(after: after, since: since, limit: limit)
                    .map { DockerEvent($0) }
            },
            last: { try await ledger.lastEvent() }
        )
    }
}
