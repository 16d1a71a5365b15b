import RegistryClients
import Synchronization

/// Events that have come and are not counted yet.
final class EngineInbox: Sendable {
    private struct State {
        var events: [EngineEvent] = []
        var first: Int64?
        var count = 0
        var isBroken = false
    }

    private let state = Mutex(State())

    /// Takes an event, or nil for what is none.
    func add(_ event: EngineEvent?) {
        state.withLock { state in
            guard let event else {
                state.isBroken = true
                return
            }
            state.first = state.first ?? event.nanoseconds
            state.count += 1
            state.events.append(event)
        }
    }

    /// The first event of the connection, and how many there were.
    var beginning: (first: Int64?, count: Int) { state.withLock { ($0.first, $0.count) } }

    func take() -> (events: [EngineEvent], isBroken: Bool) {
        state.withLock { state in
            defer {
                state.events = []
                state.isBroken = false
            }
            return (state.events, state.isBroken)
        }
    }
}
