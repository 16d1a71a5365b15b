import EventDecoding
import RegistryModel

// Blobs that can't be read, and those that are gone before they were.
extension BlobFollower {
    /// Notes that there is something in a blob that can't be read, so that a later run knows it, too.
    func noteFailure(
        _ failure: LogReadingError,
        of entry: BlobEntry,
        _ record: (Reading) async throws -> Void
    ) async throws {
        guard var blob = blobs[entry.name] else { return }
        let isNews = blob.failure == nil
        blob.failure = failure
        if isNews {
            var state = blob.state ?? Self.unreadState
            state.version = ""
            var reading = Reading(
                body: DecodedBody(),
                address: container.address(of: entry.name),
                state: state
            )
            reading.failure = failure
            try await record(reading)
            if state.growth.offset == 0 { state.growth = LogGrowth() }
            blob.state = state
        }
        blobs[entry.name] = blob
    }

    /// Says which blobs are gone though something in them was not read, or may not have been.
    ///
    /// Retention takes away old ones every day, which nobody has written to for long.
    func noteGone(_ record: (Reading) async throws -> Void) async throws {
        let missing = blobs.filter { $0.value.seenIn != pass && !$0.value.isGone }
        for (name, blob) in missing.sorted(by: { $0.key < $1.key }) {
            let quiet = listedAt.map { $0 - blob.changedAt } ?? .zero
            if blob.isUnread || quiet < Self.settledAfter {
                guard try await isGone(name) else { continue }
                let address = container.address(of: name)
                var state = blob.state ?? Self.unreadState
                state.version = State.gone
                var reading = Reading(body: DecodedBody(), address: address, state: state)
                reading.loss = "\(address) is gone, and may not have been read to its end"
                try await record(reading)
            }
            blobs[name]?.isGone = true
            blobs[name]?.failure = nil
        }
    }

    /// A list may miss a blob; only the server's word on the blob itself counts.
    private func isGone(_ name: String) async throws -> Bool {
        do {
            _ = try await container.read(name, from: 0, count: 1, isPatient: false)
            return false
        } catch let error as LogReadingError {
            return error.kind == .notThere
        }
    }

    /// Of a blob of which nothing was read: no log begins like it.
    private static var unreadState: State {
        let mark = LogMark(head: [], headLength: 0, tail: [])
        let growth = LogGrowth(
            KnownLog(mark: mark, offset: 0, isCut: false),
            accesses: 0,
            lastLine: nil,
            recentKeys: []
        )
        return State(id: .random(in: 1 ... .max), version: "", growth: growth)
    }

    /// A blob holds one hour, and its last lines come some minutes late.
    private static let settledAfter = Span.hours(1)
}
