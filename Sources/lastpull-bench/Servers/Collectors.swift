import Foundation

/// The peer: distribution's garbage collector, on a tree of its own.
struct PeerCollector {
    let program: String
    let settings: String

    init(storage: String, in workplace: Workplace, named name: String) throws {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = folders.flatMap { ["\($0)/docker-registry", "\($0)/registry"] }
        guard let found = places.first(where: FileManager.default.isExecutableFile) else {
            throw BenchError(
                "docker-registry is not in the PATH; install it: apt-get install docker-registry"
            )
        }
        program = found
        settings = try workplace.write(
            """
            version: 0.1
            storage:
              filesystem: { rootdirectory: \(storage) }
              delete: { enabled: true }
            http: { addr: "127.0.0.1:0" }
            """,
            to: "\(name).yml"
        )
    }

    /// Everything that it says goes to `/dev/null`, at the log level that it has by itself.
    func run(isDryRun: Bool) throws -> Duration {
        let options = isDryRun ? ["--dry-run"] : []
        let arguments = ["garbage-collect"] + options + ["--delete-untagged", settings]
        return try TimedCommand(program: program, arguments: arguments).run()
    }
}

/// `lastpull` as a person runs it: a process that opens its ledger and prints what it did.
struct OurCommand {
    let program: String
    let storage: String
    let ledger: String
    private let output: String
    private let log: String

    init(storage: String, ledger: String, in workplace: Workplace) throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        program = own.deletingLastPathComponent().appendingPathComponent("lastpull").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw BenchError("\(program) is not there; build it: swift build -c release")
        }
        self.storage = storage
        self.ledger = ledger
        output = workplace.file("lastpull.json")
        log = workplace.file("lastpull.log")
    }

    /// What `--json` says of a run, as far as the bench compares it.
    struct Answer: Decodable {
        var state: String
        var released: Int64
        var reclaimed: Int64
        var items: [Item]

        struct Item: Decodable {}
    }

    /// Removes untagged manifests and all that nothing needs, at once.
    func sweep(isDryRun: Bool = false) throws -> Duration {
        try command(["sweep"], isDryRun: isDryRun).run()
    }

    /// Removes one image.
    func delete(_ image: String) throws -> Duration {
        try command(["delete", image], isDryRun: false).run()
    }

    /// Opens the ledger, and looks up next to nothing in it.
    func idle() throws -> Duration {
        try TimedCommand(
            program: program,
            arguments: ["rejected", "--limit", "1", "--storage", storage, "--ledger", ledger]
        ).run()
    }

    /// The most memory that a dry run has resident.
    func peakMemory() throws -> Int64 {
        try command(["sweep"], isDryRun: true).peakMemory()
    }

    func answer() throws -> Answer {
        let data = try Data(contentsOf: URL(fileURLWithPath: output))
        return try JSONDecoder().decode(Answer.self, from: data)
    }

    private func command(_ words: [String], isDryRun: Bool) -> TimedCommand {
        let options = ["--storage", storage, "--ledger", ledger, "--now", "--json"]
        return TimedCommand(
            program: program,
            arguments: words + options + (isDryRun ? ["--dry-run"] : ["--force"]),
            output: output,
            log: log
        )
    }
}
