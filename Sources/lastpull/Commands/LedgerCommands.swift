import AccessLedger
import ArgumentParser
import Daemon
import Foundation
import RegistryModel

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Looks after the ledger file.",
        subcommands: [Statistics.self, Backup.self, Verify.self]
    )

    struct Statistics: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "stats",
            abstract: "Counts what the ledger holds and what was heard."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let deployment = try await options.deployment()
            let statistics = try await deployment.ledger.statistics(now: deployment.now())
            if options.json { return try Terminal.say(json: json(statistics)) }
            Terminal.say(
                "\(statistics.registries) registries, \(statistics.repositories) repositories, "
                    + "\(statistics.tags) tags, \(statistics.manifests) manifests, "
                    + "\(statistics.accessHours) access hours, \(statistics.runs) runs, "
                    + "\(statistics.events) events, \(ByteCount(statistics.fileBytes))"
            )
            for source in statistics.sources {
                Terminal.say(
                    "\(source.registry) by \(source.source): \(source.answer.accepted) accepted, "
                        + "\(source.answer.duplicates) duplicates, \(source.answer.ignored) ignored, "
                        + "\(source.answer.rejected) rejected, last \(source.lastAt.text)"
                )
            }
        }

        private func json(_ statistics: LedgerStatistics) -> [String: Any] {
            [
                "registries": statistics.registries,
                "repositories": statistics.repositories,
                "tags": statistics.tags,
                "manifests": statistics.manifests,
                "accessHours": statistics.accessHours,
                "runs": statistics.runs,
                "events": statistics.events,
                "bytes": statistics.fileBytes,
                "sources": statistics.sources.map { source in
                    [
                        "registry": source.registry,
                        "source": "\(source.source)",
                        "accepted": source.answer.accepted,
                        "duplicates": source.answer.duplicates,
                        "ignored": source.answer.ignored,
                        "rejected": source.answer.rejected,
                        "lastAt": source.lastAt.milliseconds,
                        "clockOffset": source.clockOffset,
                    ] as [String: Any]
                },
            ]
        }
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "backup",
            abstract: "Copies the ledger, as it is at one moment, to a new file."
        )

        @OptionGroup var options: GlobalOptions

        @Argument(help: "The file to write; it must not be there yet.")
        var file: String

        func run() async throws {
            guard !FileManager.default.fileExists(atPath: file) else {
                throw ValidationError("\(file) is there already; name a new file")
            }
            try await options.deployment().ledger.backup(to: file)
            if options.json {
                try Terminal.say(json: ["file": file])
            } else {
                Terminal.say("wrote \(file)")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Looks for damage in the ledger."
        )

        @OptionGroup var options: GlobalOptions

        func run() async throws {
            let problems = try await options.deployment().ledger.verify()
            if options.json {
                try Terminal.say(json: ["problems": problems])
            } else if problems.isEmpty {
                Terminal.say("the ledger is sound")
            } else {
                for problem in problems { Terminal.say(problem) }
            }
            if !problems.isEmpty { throw Outcome.failed }
        }
    }
}
