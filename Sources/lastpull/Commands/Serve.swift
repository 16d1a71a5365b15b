import ArgumentParser
import Daemon
import Foundation
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Listens, remembers, and cleans when a threshold is crossed.",
        discussion: "Ends on SIGTERM or SIGINT, after the requests and removals under way."
    )

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var logger = options.logger
        logger.logLevel = options.verbose ? .debug : .info
        let hangUp = Signals.ignoring(SIGHUP) { [logger] in
            logger.notice("SIGHUP changes nothing; settings are read at a start")
        }
        defer { withExtendedLifetime(hangUp) {} }
        let settings = try options.settings()
        for warning in settings.warnings {
            logger.warning("settings", metadata: ["at": "\(warning)"])
        }
        let deployment = try await Deployment(settings, logger: logger)
        try await LastpullDaemon(deployment).run()
    }
}
