import EventDecoding
import Synchronization

/// What a socket has taken and the ledger has not yet: bounded, because nobody reads on while it is
/// full.
final class SyslogInbox: Sendable {
    /// Lines of a log, each with its newline.
    struct Load: Sendable {
        fileprivate(set) var text: [UInt8] = []
        fileprivate(set) var lines = 0
        /// What is known to be lost.
        var dropped = 0

        mutating func take(_ message: UnsafeRawBufferPointer) {
            let line = SyslogMessage.text(of: message)
            lines += 1
            text.append(contentsOf: line)
            text.append(UInt8(ascii: "\n"))
        }

        fileprivate var isEmpty: Bool { lines == 0 && dropped == 0 }
    }

    private struct State {
        /// In the order of their coming; the last may be empty.
        var loads = [Load()]
        /// Those that wait for room.
        var waiting: [@Sendable () -> Void] = []

        var bytes: Int { loads.reduce(0) { $0 + $1.text.count } }
    }

    /// Yields when there is something to take; ends after `close`.
    let news: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let limit: Int
    private let state = Mutex(State())

    /// Takes bytes up to `limit`, and one read more.
    init(limit: Int) {
        self.limit = limit
        (news, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Bytes that are recorded together: some thousand lines, so that a commit is little beside them.
    /// With four times as many a line costs the same, and all that are under way take 50 MB more.
    private static let loadSize = 1 << 20

    /// Adds what `fill` puts in; false when nobody should read on before there is room.
    func add(_ fill: (inout Load) -> Void) -> Bool {
        let (isNew, hasRoom) = state.withLock { state in
            let last = state.loads.count - 1
            let wasEmpty = state.loads[0].isEmpty
            fill(&state.loads[last])
            let isNew = wasEmpty && !state.loads[0].isEmpty
            if state.loads[last].text.count >= Self.loadSize { state.loads.append(Load()) }
            return (isNew, state.bytes < limit)
        }
        if isNew { signal.yield() }
        return hasRoom
    }

    /// Calls `resume` as soon as there is room, which may be now.
    func whenRoom(_ resume: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            if state.bytes < limit { return true }
            state.waiting.append(resume)
            return false
        }
        if hasRoom { resume() }
    }

    /// Takes what came first; nil when nothing is there.
    func take() -> Load? {
        let (load, waiting): (Load, [@Sendable () -> Void]) = state.withLock { state in
            let load = state.loads.removeFirst()
            if state.loads.isEmpty { state.loads.append(Load()) }
            guard state.bytes < limit else { return (load, []) }
            defer { state.waiting = [] }
            return (load, state.waiting)
        }
        for resume in waiting { resume() }
        return load.isEmpty ? nil : load
    }

    /// Ends `news` after what is there.
    func close() { signal.finish() }
}
