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
    }

    private struct State {
        var load = Load()
        /// Those that wait for room.
        var waiting: [@Sendable () -> Void] = []
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

    /// Adds what `fill` puts in; false when nobody should read on before there is room.
    func add(_ fill: (inout Load) -> Void) -> Bool {
        let (isNew, hasRoom) = state.withLock { state in
            let wasEmpty = state.load.lines == 0 && state.load.dropped == 0
            fill(&state.load)
            let isEmpty = state.load.lines == 0 && state.load.dropped == 0
            return (wasEmpty && !isEmpty, state.load.text.count < limit)
        }
        if isNew { signal.yield() }
        return hasRoom
    }

    /// Calls `resume` as soon as there is room, which may be now.
    func whenRoom(_ resume: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            if state.load.text.count < limit { return true }
            state.waiting.append(resume)
            return false
        }
        if hasRoom { resume() }
    }

    /// Takes all that is there; nil when nothing is.
    func take() -> Load? {
        let (load, waiting) = state.withLock { state in
            let taken = state
            state = State()
            state.load.text.reserveCapacity(min(taken.load.text.count, limit))
            return (taken.load, taken.waiting)
        }
        for resume in waiting { resume() }
        return load.lines > 0 || load.dropped > 0 ? load : nil
    }

    /// Ends `news` after what is there.
    func close() { signal.finish() }
}
