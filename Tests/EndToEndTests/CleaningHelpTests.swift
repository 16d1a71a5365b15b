import Foundation
import TestSupport
import Testing

extension Cleaning {
    /// The command line is an interface: it changes on purpose only.
    struct Help {
        private static let commands = [
            "lastpull", "serve", "check", "plan", "clean", "delete", "sweep", "prune", "approve",
            "restore", "runs", "explain", "events", "ledger", "ledger stats", "ledger backup",
            "ledger verify", "sources", "rejected", "regrets", "backtest", "webhooks", "import",
        ]

        // After a change on purpose: `lastpull COMMAND --help >fixtures/help/COMMAND.txt`, with
        // COLUMNS=80 and a `-` for the space in a command's name.
        @Test(arguments: commands)
        func helpIsAsItWasAgreed(command: String) async throws {
            let words = command.split(separator: " ").map(String.init)
            let arguments = (command == "lastpull" ? [] : words) + ["--help"]
            let result = try await Lastpull.run(arguments, environment: ["COLUMNS": "80"])
            #expect(result.status == 0)
            #expect(result.errors.isEmpty)
            let file = Self.folder.appending(path: "\(words.joined(separator: "-")).txt")
            let golden = try String(contentsOf: file, encoding: .utf8)
            #expect(result.output == golden)
        }

        // Adding a command adds a case.
        @Test func everyCommandHasItsFile() async throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            let expected = Self.commands.map {
                $0.replacingOccurrences(of: " ", with: "-") + ".txt"
            }
            #expect(names.sorted() == expected.sorted())
            let listed = try await Lastpull.run(["--help"]).output
            for command in Self.commands where !command.contains(" ") && command != "lastpull" {
                #expect(listed.contains("\n  \(command) "), "\(command)")
            }
        }

        private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/help")
    }
}
