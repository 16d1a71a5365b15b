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
        // Each says its own name: to find the names of their types takes a tenth of a start.
        subcommands: [
            Serve.self, Check.self, PlanCommand.self, Clean.self, Delete.self, Sweep.self,
            Prune.self, Approve.self, Restore.self, Runs.self, Explain.self, Regrets.self,
            Backtest.self, Events.self, Webhooks.self, Sources.self, Rejected.self, Import.self,
            LedgerCommand.self,
        ]
    )

    static func main() async {
        // A reader that goes away must not end us in the middle of a removal.
        signal(SIGPIPE, SIG_IGN)
        Terminal.holdClosedStreams()
        var status = Outcome.done
        var type: any ParsableCommand.Type = Self.self
        do {
            var command = try parseAsRoot()
            type = Swift.type(of: command)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            status = Self.status(after: error, in: type)
        }
        if Terminal.reportFailure(), status == Outcome.done { status = Outcome.failed }
        Foundation.exit(status.rawValue)
    }

    /// Says what is wrong; errors of our own end with 1 and one line each.
    private static func status(
        after error: any Error,
        in type: any ParsableCommand.Type
    ) -> ExitCode {
        if let status = error as? ExitCode { return status }
        let code = exitCode(for: error)
        if code == .success {
            Terminal.say(fullMessage(for: error))
        } else if let error = error as? ValidationError {
            // Thrown by a command that runs already: the parser would show the usage of the whole.
            Terminal.complain(lines: "Error: \(error.message)\n\(usage(of: type))")
        } else if code == .validationFailure {
            Terminal.complain(lines: fullMessage(for: error))
        } else if error is SettingsError {
            // Each line begins with its place, as editors want it.
            Terminal.complain(lines: "\(error)")
        } else {
            Terminal.complain("\(error)")
            return error is ImageNameError ? .validationFailure : Outcome.failed
        }
        return error is SettingsError ? Outcome.failed : code
    }

    /// The usage of a command as the parser shows it.
    private static func usage(of type: any ParsableCommand.Type) -> String {
        let usage = usageString(for: type)
        let command = usage.split(separator: " ").prefix { $0.first?.isLetter ?? false }
            .joined(separator: " ")
        return "Usage: \(usage)\n  See '\(command) --help' for more information."
    }
}

/// Exit statuses (design, section 6.1).
enum Outcome {
    static let done = ExitCode(0)
    static let failed = ExitCode(1)
    static let partlyDone = ExitCode(2)
}
