import Foundation
import Logging
import RegistryModel
import Synchronization

/// Standard output and standard error.
enum Terminal {
    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// One line on standard error.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data(("lastpull: " + text + "\n").utf8))
    }

    /// Lines on standard error, as they are.
    static func complain(lines: String) {
        FileHandle.standardError.write(Data((lines + "\n").utf8))
    }

    static func say(json object: Any) throws {
        let data = try JSONSerialization.data(
            withJSONObject: object,
            options: [.sortedKeys, .withoutEscapingSlashes]
        )
        say(String(decoding: data, as: UTF8.self))
    }

    /// Whether a person reads standard error.
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }
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
