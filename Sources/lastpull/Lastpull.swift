import ArgumentParser
import Daemon
import Foundation
import RegistryModel

/// The command line.
@main
struct Lastpull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lastpull",
        abstract: "Cleans container registries by what is really used.",
        discussion: """
            lastpull stands beside a registry, remembers every push and pull that the registry \
            reports, and removes what nobody uses when a threshold is crossed. It never removes on \
            missing evidence.
            """,
        version: OwnUserAgent.version,
        subcommands: [
            Serve.self, Check.self, PlanCommand.self, Clean.self, Delete.self, Sweep.self,
            Prune.self, Approve.self, Restore.self, Runs.self, Explain.self, Events.self, LedgerCommand.self,
        ]
    )

    static func main() async {
        // A reader that goes away must not end us in the middle of a removal.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let status as ExitCode {
            Foundation.exit(status.rawValue)
        } catch {
            Self.end(with: error)
        }
    }

    /// Errors of our own end with 1 and one line each; usage and help are the parser's.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        if code == .success || code == .validationFailure || error is ValidationError {
            exit(withError: error)
        }
        if let error = error as? SettingsError {
            // Each line begins with its place, as editors want it.
            Terminal.complain(lines: "\(error)")
        } else {
            if error is SettingsError {
                Terminal.complain(lines: "\(error)")
            } else {
                Terminal.complain("\(error)")
            }
        }
        if error is ImageNameError { Foundation.exit(ExitCode.validationFailure.rawValue) }
        Foundation.exit(Outcome.failed.rawValue)
    }
}

/// Exit statuses (design, section 6.1).
enum Outcome {
    static let done = ExitCode(0)
    static let failed = ExitCode(1)
    static let partlyDone = ExitCode(2)
}
