import Synchronization

/// A wish to end soon, such as SIGINT: what is under way is ended, and what was done is reported.
package final class Interruption: Sendable {
    private struct State {
        var isRaised = false
        var next = 0
        var cancellations: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package var isRaised: Bool { state.withLock { $0.isRaised } }

    /// Ends all that `run` has under way; may be called from anywhere, any number of times.
    package func raise() {
        let cancellations = state.withLock { state in
            state.isRaised = true
            defer { state.cancellations = [:] }
            return Array(state.cancellations.values)
        }
        for cancel in cancellations { cancel() }
    }

    /// Runs `body`, which is cancelled when the wish is raised or the caller is cancelled.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await body() }
        let number = state.withLock { state -> Int? in
            guard !state.isRaised else { return nil }
            state.next += 1
            state.cancellations[state.next] = { task.cancel() }
            return state.next
        }
        if number == nil { task.cancel() }
        defer {
            if let number { state.withLock { _ = $0.cancellations.removeValue(forKey: number) } }
        }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
