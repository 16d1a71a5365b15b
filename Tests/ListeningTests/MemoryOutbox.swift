import Publishing
import RegistryModel
import Synchronization
import TestSupport

/// An outbox that tests write to.
final class MemoryOutbox: Sendable {
    private struct State {
        var events: [DockerEvent] = []
        var looks = 0
        var isBroken = false
    }

    private let state = Mutex(State())

    /// Appends `events`, the first of which gets the place behind the last one.
    func append(_ events: PruneEvent...) {
        state.withLock { state in
            for event in events {
                let id = Int64(state.events.count) + 1
                state.events.append(DockerEvent(id: id, event: event))
            }
        }
    }

    /// How often somebody asked for the newest place.
    var looks: Int { state.withLock { $0.looks } }

    func fail(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    var outbox: EventOutbox {
        EventOutbox(
            events: { [self] after, since, limit in
                try state.withLock { state in
                    guard !state.isBroken else { throw HarnessError("disk is gone") }
                    let since = since ?? Timestamp(milliseconds: 0)
                    let found = state.events.filter { $0.id > after && $0.event.time >= since }
                    return Array(found.prefix(limit))
                }
            },
            last: { [self] in
                try state.withLock { state in
                    state.looks += 1
                    guard !state.isBroken else { throw HarnessError("disk is gone") }
                    return state.events.last?.id ?? 0
                }
            }
        )
    }
}
