import Foundation
import Logging
import RegistryModel
import Synchronization

/// Standard output and standard error.
enum Terminal {
    static func say(_ text: String) { write(text + "\n", to: .standardOutput) }

    /// One line on standard error.
    static func complain(_ text: String) { write("lastpull: " + text + "\n", to: .standardError) }

    static func say(json object: Any) throws {
        let data = try JSONSerialization.data(
            withJSONObject: object,
            options: [.sortedKeys, .withoutEscapingSlashes]
        )
        say(String(decoding: data, as: UTF8.self))
    }

    /// Writes without a line's end, for a question.
    static func ask(_ text: String) { write(text, to: .standardError) }

    /// Lines as they are, for messages that name a file's line themselves.
    static func complain(lines: String) { write(lines + "\n", to: .standardError) }

    /// A reader that went away has seen what it wanted; what else fails is said once, and the
    /// command's work and its status stand.
    private static func write(_ text: String, to handle: FileHandle) {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            guard handle === FileHandle.standardOutput, errno != EPIPE else { return }
            try? FileHandle.standardError.write(
                contentsOf: Data("lastpull: cannot write to standard output\n".utf8)
            )
        }
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
