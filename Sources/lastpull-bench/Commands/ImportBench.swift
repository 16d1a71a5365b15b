import ArgumentParser
import Foundation
import GRDB
import RegistryModel

/// Old logs into the durable ledger, against a script that counts in memory.
struct ImportBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Imports access logs, against a Python script that only counts them in memory.",
        discussion: """
            Both read the same generated file in turns, with its pages in memory; what both have \
            counted is compared. Each import begins with a ledger of its own, and ends with \
            everything on the disk.
            """
    )

    @Option(help: "Lines of each log.") var lines = 1_000_000
    @Option(help: "Runs of each import; the median counts.") var rounds = 3
    @Option(help: "The folder in which logs are made (else the temporary one).") var folder: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var report = Report()
        report.figures = try measure()
        try report.print(asJSON: json)
    }

    func measure() throws -> [Figure] {
        let workplace = try Workplace(in: folder)
        defer { workplace.remove() }
        return try azure(workplace) + proxy(.combined, "nginx combined", workplace)
            + proxy(.json, "nginx JSON lines", workplace)
    }

    private func azure(_ workplace: Workplace) throws -> [Figure] {
        let log = try write(.azure, in: workplace)
        let script = try CountingScript(in: workplace)
        let command = try ImportCommand(in: workplace)
        var peer: [Duration] = []
        var ours: [Duration] = []
        for round in 0..<max(1, rounds) {
            peer.append(try script.run(on: log.path))
            ours.append(try command.run(on: log.path, ledger: "azure-\(round)"))
        }
        Output.tell("peer \(peer), ours \(ours)")
        guard try script.counts == command.counts(of: "azure-0") else {
            throw BenchError("the ledger has other counts than the script")
        }
        let peak = Double(try command.peakMemory(on: log.path, ledger: "azure-peak")) / 1_000_000
        let (peerTime, time) = (peer.percentile(0.5), ours.percentile(0.5))
        let title = "\(lines) lines of Azure, \(log.bytes / 1_000_000) MB"
        return [
            Figure("import", "\(title): the script", peerTime / 1_000, "s"),
            Figure("import", "\(title): into the ledger, same counts", time / 1_000, "s"),
            Figure(
                "import",
                "\(title): against the script",
                peerTime / time,
                "times faster",
                goal: "at least 10",
                isMet: peerTime / time >= 10
            ),
            Figure(
                "import",
                "\(title): peak memory",
                peak,
                "MB",
                goal: "at most 150 MB",
                isMet: peak <= 150
            ),
        ]
    }

    private func proxy(
        _ kind: GeneratedLogFile.Kind,
        _ name: String,
        _ workplace: Workplace
    ) throws -> [Figure] {
        let log = try write(kind, in: workplace)
        let command = try ImportCommand(in: workplace)
        var times: [Duration] = []
        for round in 0..<max(1, rounds) {
            let ledger = "\(kind)-\(round)"
            times.append(try command.run(on: log.path, ledger: ledger))
            let accesses = try command.answer().accesses
            guard accesses == log.uses else {
                throw BenchError("\(accesses) accesses of \(name) were counted, not \(log.uses)")
            }
        }
        let rate = Double(lines) / (times.percentile(0.5) / 1_000) / 1_000_000
        return [
            Figure(
                "import",
                "\(name), \(log.bytes / 1_000_000) MB",
                rate,
                "million lines a second",
                goal: "at least 1",
                isMet: rate >= 1
            )
        ]
    }

    private func write(
        _ kind: GeneratedLogFile.Kind,
        in workplace: Workplace
    ) throws -> GeneratedLogFile {
        let now = Timestamp(seconds: Date().timeIntervalSince1970)
        let log = try GeneratedLogFile(
            kind,
            lines: lines,
            to: workplace.file("\(kind).log"),
            now: now
        )
        Output.tell("wrote \(log.bytes) bytes of \(kind)")
        // What is still to be written to the disk would be written while others are measured.
        sync()
        return log
    }
}

/// `lastpull import` as a person runs it.
struct ImportCommand {
    private let program: String
    private let workplace: Workplace

    init(in workplace: Workplace) throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        program = own.deletingLastPathComponent().appendingPathComponent("lastpull").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw BenchError("\(program) is not there; build it: swift build -c release")
        }
        self.workplace = workplace
    }

    /// What `--json` says, as far as it is compared.
    struct Answer: Decodable {
        var accesses: Int
        var rejected: Int
    }

    func run(on path: String, ledger: String) throws -> Duration {
        try command(path, ledger).run()
    }

    func peakMemory(on path: String, ledger: String) throws -> Int64 {
        try command(path, ledger).peakMemory()
    }

    func answer() throws -> Answer {
        let data = try Data(contentsOf: URL(fileURLWithPath: workplace.file("import.json")))
        return try JSONDecoder().decode(Answer.self, from: data)
    }

    /// What the ledger has counted, by repository, reference and operation.
    func counts(of ledger: String) throws -> [String: Int] {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(
            path: workplace.file("\(ledger).sqlite"),
            configuration: configuration
        )
        return try queue.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT r.name || '@' || m.digest, sum(h.pulls), sum(h.pushes)
                    FROM manifestHour AS h JOIN manifest AS m ON m.id = h.manifestId
                    JOIN repository AS r ON r.id = m.repositoryId GROUP BY m.id
                    UNION ALL
                    SELECT r.name || ':' || t.name, sum(h.pulls), sum(h.pushes)
                    FROM tagHour AS h JOIN tag AS t ON t.id = h.tagId
                    JOIN repository AS r ON r.id = t.repositoryId GROUP BY t.id
                    """
            )
            var counts: [String: Int] = [:]
            for row in rows {
                let name: String = row[0]
                let (pulls, pushes): (Int, Int) = (row[1], row[2])
                if pulls > 0 { counts["\(name) Pull"] = pulls }
                if pushes > 0 { counts["\(name) Push"] = pushes }
            }
            return counts
        }
    }

    private func command(_ path: String, _ ledger: String) -> TimedCommand {
        TimedCommand(
            program: program,
            arguments: [
                "import", "--url", "http://127.0.0.1:1", "--json", "--ledger",
                workplace.file("\(ledger).sqlite"), path,
            ],
            output: workplace.file("import.json"),
            log: workplace.file("import.log")
        )
    }
}
