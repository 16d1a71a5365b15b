import Foundation
import Logging
import RegistryModel
import Synchronization

/// Standard output and standard error.
enum Terminal {
    /// Why standard output takes no more, once it did not.
    private static let failure = Mutex<CInt?>(nil)

    /// What fails is remembered for the exit status: the command's work goes on, unheard.
    static func say(_ text: String) {
        say(part: Array((text + "\n").utf8))
    }

    /// Says part of something that has its own ends of lines.
    static func say(part: [UInt8]) {
        guard !isDeaf, let number = write(part, to: STDOUT_FILENO) else { return }
        failure.withLock { $0 = number }
    }

    static func say(json object: Any) throws {
        let data = try JSONSerialization.data(
            withJSONObject: object,
            options: [.sortedKeys, .withoutEscapingSlashes]
        )
        say(String(decoding: data, as: UTF8.self))
    }

    /// Whether nobody gets to read what is said.
    static var isDeaf: Bool { failure.withLock { $0 != nil } }

    /// Complains if something could not be said, and answers whether it could.
    ///
    /// A reader that went away has seen what it wanted, and is not told.
    static func reportFailure() -> Bool {
        guard let number = failure.withLock({ $0 }) else { return false }
        if number != EPIPE {
            complain(
                "cannot write to standard output: \(String(cString: strerror(number))); "
                    + "let it go to another place"
            )
        }
        return true
    }

    /// One line on standard error.
    static func complain(_ text: String) { complain(lines: "lastpull: " + text) }

    /// Lines as they are, for messages that name a file's line themselves.
    static func complain(lines: String) { _ = write(Array((lines + "\n").utf8), to: STDERR_FILENO) }

    /// Writes without a line's end, for a question.
    static func ask(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Takes the places of closed standard streams.
    ///
    /// Else a file opened later would get one of them, and with it all that is said. What is written
    /// to such a stream fails, as to a closed one.
    static func holdClosedStreams() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(stream, F_GETFD) == -1 {
            // The lowest number that is free is taken, which is this one.
            _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes all of `bytes`; returns the error number where that failed.
    private static func write(_ bytes: [UInt8], to stream: CInt) -> CInt? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(stream, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            let number = errno
            switch number {
            case EINTR: continue
            case EAGAIN:
                // Somebody made the pipe one that does not wait.
                var wanted = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            default: return number
            }
        }
        return nil
    }
}

extension LoggingSystem {
    private static let isDone = Mutex(false)

    /// Sends all logs to standard error; a second call does nothing.
    static func bootstrapOnce() {
        isDone.withLock { isDone in
            guard !isDone else { return }
            isDone = true
            bootstrap { StreamLogHandler.standardError(label: $0) }
        }
    }
}

extension Timestamp {
    /// The moment in UTC, to the second.
    var text: String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        return date.formatted(.iso8601)
    }
}
