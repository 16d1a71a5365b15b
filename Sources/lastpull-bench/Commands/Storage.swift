import ArgumentParser
import Foundation

/// Mark and sweep of a registry's disk, against distribution's garbage collector.
struct Storage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mark and sweep of a registry's disk, against its own garbage collector.",
        discussion: """
            Both work on a copy of their own of the same generated tree, in turns. Cold is a new \
            ledger, warm is one that knows the manifests; the page cache is warm for both. What \
            remains on both disks is compared, and the bytes that are foretold, told and lost.
            """
    )

    @Option(help: "Repositories of the tree.") var repositories = 200
    @Option(help: "Tags of each repository.") var tags = 50
    @Option(help: "Untagged manifests of each repository.") var untagged = 25
    @Option(help: "Tags of the one large repository; half as many untagged.") var large = 1_500
    @Option(help: "Runs of each dry run and second sweep; the median counts.") var rounds = 3
    @Option(help: "Tags deleted one by one.") var deletes = 50
    @Option(help: "The folder in which trees are made (else the temporary one).")
    var folder: String?
    @Option(help: "Measure only this; may be given several times.") var only: [Part] = []
    @Flag(help: "Measure the memory that a million blobs take, too: five million files, minutes.")
    var million = false
    @Option(help: "Where the tree of a million blobs lies or is to be made; it is kept.")
    var millionTree: String?
    @Flag(help: "Print JSON.") var json = false

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case dryRun = "dry-run"
        /// With the second sweep.
        case sweep
        case deletes
        case large
        case million
    }

    func run() async throws {
        var report = Report()
        report.figures = try await measure()
        try report.print(asJSON: json)
    }

    func measure() async throws -> [Figure] {
        var figures: [Figure] = []
        if isWanted(.dryRun) || isWanted(.sweep) || isWanted(.deletes) {
            figures += try measureTree()
        }
        if isWanted(.large) { figures += try measureLarge() }
        if isWanted(.million) { figures += try measureMillion() }
        return figures
    }

    private func isWanted(_ part: Part) -> Bool {
        only.isEmpty ? part != .million || million : only.contains(part)
    }

    private func measureTree() throws -> [Figure] {
        let shape = GeneratedStorage.Shape(
            repositories: repositories,
            tags: tags,
            untagged: untagged
        )
        let workplace = try Workplace(in: folder)
        defer { workplace.remove() }
        let duel = try StorageDuel(shape, in: workplace)
        var figures: [Figure] = []
        if isWanted(.dryRun) {
            figures += try duel.dryRuns(rounds: rounds).figures(
                "dry run, \(duel.title)",
                cold: 10,
                warm: 30
            )
        }
        if isWanted(.sweep) {
            figures += try duel.sweep().figures("sweep, \(duel.title)", cold: 10)
            figures += try duel.secondSweep(rounds: rounds).figures("second sweep of it", warm: 30)
        }
        if isWanted(.deletes) { figures += try duel.deletes(of: shape, count: deletes) }
        return figures
    }

    private func measureLarge() throws -> [Figure] {
        let shape = GeneratedStorage.Shape(repositories: 1, tags: large, untagged: large / 2)
        let workplace = try Workplace(in: folder)
        defer { workplace.remove() }
        let duel = try StorageDuel(shape, in: workplace)
        return try duel.dryRuns(rounds: rounds).figures("dry run, \(duel.title)", cold: 100)
    }

    private func measureMillion() throws -> [Figure] {
        let shape = GeneratedStorage.Shape(repositories: 4_255, tags: 70, untagged: 5)
        let workplace = try Workplace(in: folder)
        defer { workplace.remove() }
        let tree = millionTree ?? workplace.file("tree")
        if !FileManager.default.fileExists(atPath: tree) {
            try Workplace.demandFiles(shape.images * 17, in: workplace.path)
            // Under its name there is only ever a whole one.
            _ = try StorageDuel.write(shape, to: tree + ".part")
            try FileManager.default.moveItem(atPath: tree + ".part", toPath: tree)
        }
        let ours = try OurCommand(
            storage: tree,
            ledger: workplace.file("ledger.sqlite"),
            in: workplace
        )
        let cold = Double(try ours.peakMemory()) / 1_000_000
        let warm = Double(try ours.peakMemory()) / 1_000_000
        let items = try ours.answer().items.count
        let title = "\(shape.blobs) blobs, \(items) to remove"
        // Before the millions of files are removed again, which takes longer than all the rest.
        Output.tell("\(title): peak \(cold) MB cold, \(warm) MB warm")
        return [("cold", cold), ("warm", warm)].map { name, megabytes in
            Figure(
                "storage",
                "memory of a dry run, \(title): peak, \(name)",
                megabytes,
                "MB",
                goal: "at most 150 MB",
                isMet: megabytes <= 150
            )
        }
    }
}
