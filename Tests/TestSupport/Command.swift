import Foundation

/// Short-lived commands, run to their end without blocking a thread.
package enum Command {
    package struct Result: Sendable, Equatable {
        package let status: Int32
        package let output: String
        package let errors: String

        package init(status: Int32, output: String, errors: String) {
            self.status = status
            self.output = output
            self.errors = errors
        }
    }

    /// Runs `executable`, a path, and returns how it ended, whatever its status.
    ///
    /// It reads `input` from its standard input. An error is thrown when it can't be started, or
    /// takes longer than `limit`; it is killed then.
    package static func run(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "",
        within limit: Duration = .seconds(60)
    ) async throws -> Result {
        let folder = try TemporaryFolder()
        let process = try ChildProcess(
            executable,
            arguments,
            environment: environment,
            input: folder.write(input, to: "input"),
            output: folder.file("output"),
            errors: folder.file("errors")
        )
        do {
            let status = try await process.wait(within: limit)
            return Result(
                status: status,
                output: folder.text(of: "output"),
                errors: folder.text(of: "errors")
            )
        } catch {
            let command = ([executable] + arguments).joined(separator: " ")
            throw HarnessError("\(command): \(error); so far: \(folder.text(of: "errors"))")
        }
    }

    /// The path of the first of `names` that is an executable on PATH.
    package static func find(_ names: String...) -> String? {
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        for name in names {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        return nil
    }

    package static var environment: [String: String] { ProcessInfo.processInfo.environment }
}
