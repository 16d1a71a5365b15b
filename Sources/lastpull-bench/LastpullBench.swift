import ArgumentParser
import Foundation

/// The speed of lastpull, each figure against its peer or its goal in one run (design, section 8).
@main
struct LastpullBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lastpull-bench",
        abstract: "Measures how fast lastpull is, on loopback, in folders that it removes.",
        subcommands: [
            Webhooks.self, TriggerLatency.self, Memory.self, Storage.self, Syslog.self,
            Recording.self, Decode.self, Fuzz.self, ImportBench.self, Clouds.self, All.self,
            ServeNothing.self, ServeDaemon.self, CleanOnce.self, FakeCloud.self,
        ]
    )

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Workplace.removeAll()
            exit(withError: error)
        }
        Workplace.removeAll()
    }
}

/// Why a figure could not be had.
struct BenchError: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
