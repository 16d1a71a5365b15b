import Foundation

/// The built command, run as its users run it.
package enum Lastpull {
    /// Runs `lastpull` with `arguments` and returns how it ended, whatever its status.
    package static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "",
        within limit: Duration = .seconds(60)
    ) async throws -> Command.Result {
        try await Command.run(
            binary,
            arguments,
            environment: environment,
            input: input,
            within: limit
        )
    }

    /// The path of the executable: `LASTPULL_BINARY`, else the one built beside the tests.
    package static var binary: String {
        get throws {
            if let named = Command.environment["LASTPULL_BINARY"] { return named }
            let manager = FileManager.default
            let runner = try? manager.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let candidates = [runner, CommandLine.arguments.first].compactMap { $0 }.map {
                URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/lastpull"
            }
            guard let found = candidates.first(where: manager.isExecutableFile(atPath:)) else {
                throw HarnessError("no lastpull at \(candidates); build it, or set LASTPULL_BINARY")
            }
            return found
        }
    }
}
