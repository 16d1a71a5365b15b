import ArgumentParser
import Daemon
import Foundation
import Logging

/// The daemon itself, as `lastpull serve` starts it.
struct ServeDaemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-daemon",
        abstract: "Serves as `lastpull serve` does.",
        shouldDisplay: false
    )

    @Option var config: String

    func run() async throws {
        EndOfParent.watch()
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "lastpull")
        logger.logLevel = .info
        let deployment = try await Deployment(try Settings(file: config), logger: logger)
        try await LastpullDaemon(deployment).run()
    }
}

/// Ends this process when its parent has ended, however that came.
enum EndOfParent {
    /// Standard input is a pipe that the parent holds open.
    static func watch() {
        let thread = Thread {
            var byte: UInt8 = 0
            while read(STDIN_FILENO, &byte, 1) > 0 {}
            kill(getpid(), SIGTERM)
        }
        thread.start()
    }
}
