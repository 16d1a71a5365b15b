import Foundation

/// How somebody writes to a named pipe is waited for.
package struct WriterWait: Sendable {
    /// Called once, when nobody has written yet; answers whether to give up, for as long as the wait is.
    private let begin: @Sendable (_ place: String) -> () -> Bool

    package init(_ begin: @escaping @Sendable (_ place: String) -> () -> Bool = { _ in { false } })
    {
        self.begin = begin
    }

    /// Waits until there is something to read, or whoever opened the pipe has closed it again.
    ///
    /// Before the first writer a pipe has no end that could be seen (Linux, `pipe(7)`).
    func untilWritten(_ descriptor: CInt, _ place: String) throws {
        var givesUp: (() -> Bool)?
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = poll(&entry, 1, Self.patience)
            if count > 0 { return }
            guard count == 0 || errno == EINTR else {
                throw LogReadingError(errno: errno, place: place)
            }
            let isOver = givesUp ?? begin(place)
            givesUp = isOver
            guard !isOver() else {
                throw LogReadingError(
                    kind: .interrupted,
                    place: place,
                    reason: "interrupted while nobody wrote to it; nothing was read from it"
                )
            }
        }
    }

    /// Milliseconds: a writer that is there writes sooner, and somebody who interrupts waits no longer.
    private static let patience: CInt = 250
}
