import Foundation

/// The peer and lastpull, each on a copy of its own of one tree.
struct StorageDuel {
    let title: String
    let peer: PeerCollector
    let peerTree: GeneratedStorage
    let ourTree: GeneratedStorage
    private let workplace: Workplace

    init(_ shape: GeneratedStorage.Shape, in workplace: Workplace) throws {
        self.workplace = workplace
        title =
            "\(shape.repositories) × (\(shape.tags) tags + \(shape.untagged) untagged), "
            + "\(shape.blobs) blobs"
        peerTree = try Self.write(shape, to: workplace.file("peer"))
        ourTree = try Self.write(shape, to: workplace.file("ours"))
        peer = try PeerCollector(storage: peerTree.path, in: workplace, named: "peer")
    }

    static func write(
        _ shape: GeneratedStorage.Shape,
        to path: String
    ) throws -> GeneratedStorage {
        let began = ContinuousClock.now
        let tree = try GeneratedStorage(writing: shape, to: path)
        Output.tell("wrote a tree of \(shape.blobs) blobs in \(ContinuousClock.now - began)")
        // What is still to be written to the disk would be written while others are measured.
        sync()
        return tree
    }

    /// The times of one kind of work.
    struct Times {
        var peer: [Duration] = []
        var cold: [Duration] = []
        var warm: [Duration] = []

        func figures(
            _ work: String,
            cold coldGoal: Double? = nil,
            warm warmGoal: Double? = nil
        )
            -> [Figure]
        {
            let peerTime = peer.percentile(0.5)
            var figures = [Figure("storage", "\(work): peer", peerTime / 1_000, "s")]
            for (name, times, goal) in [("cold", cold, coldGoal), ("warm", warm, warmGoal)] {
                guard !times.isEmpty else { continue }
                let time = times.percentile(0.5)
                figures.append(Figure("storage", "\(work): \(name)", time / 1_000, "s"))
                figures.append(
                    Figure(
                        "storage",
                        "\(work): \(name) against the peer",
                        peerTime / time,
                        "times faster",
                        goal: goal.map { "at least \(Int($0))" },
                        isMet: goal.map { peerTime / time >= $0 }
                    )
                )
            }
            return figures
        }
    }

    /// Dry runs of both in turns: the peer once, ours some times with new ledgers and with one that
    /// knows all.
    func dryRuns(rounds: Int) throws -> Times {
        var times = Times()
        times.peer = [try peer.run(isDryRun: true)]
        for round in 0..<max(1, rounds) {
            times.cold.append(try ours("dry-\(round)").sweep(isDryRun: true))
            times.warm.append(try ours("dry-0").sweep(isDryRun: true))
        }
        tell("dry run", times)
        return times
    }

    /// The real thing: manifests, blobs and links go, and what is left is compared.
    func sweep() throws -> Times {
        let before = try StorageContents(of: ourTree.path)
        guard try before == StorageContents(of: peerTree.path) else {
            throw BenchError("the two trees differ before the sweep")
        }
        let foretold = try foretold()
        var times = Times()
        times.peer = [try peer.run(isDryRun: false)]
        let command = try ours("sweep")
        times.cold = [try command.sweep()]
        let told = try command.answer()
        let after = try StorageContents(of: ourTree.path)
        try compare(after, with: StorageContents(of: peerTree.path))
        let lost = before.bytes - after.bytes
        guard told.state == "done", lost > 0, foretold == lost, told.reclaimed == lost else {
            throw BenchError(
                "\(foretold) bytes were foretold, \(told.reclaimed) told, \(lost) lost"
            )
        }
        Output.tell(
            "sweep: \(told.items.count) items, \(before.blobs.count - after.blobs.count) blobs, "
                + "\(lost) bytes, as foretold; both trees hold the same"
        )
        tell("sweep", times)
        return times
    }

    /// Again, in turns, with a ledger that knows all that is left.
    func secondSweep(rounds: Int) throws -> Times {
        var times = Times()
        for _ in 0..<max(1, rounds) {
            times.peer.append(try peer.run(isDryRun: false))
            times.warm.append(try ours("sweep").sweep())
        }
        tell("second sweep", times)
        return times
    }

    /// Tags of as many repositories, one command each, with a ledger that knows all; and commands
    /// that only open the same ledger and say something.
    func deletes(of shape: GeneratedStorage.Shape, count: Int) throws -> [Figure] {
        let command = try ours("sweep")
        // The ledger is to know all manifests.
        _ = try command.sweep(isDryRun: true)
        var whole: [Duration] = []
        var idle: [Duration] = []
        for number in 0..<count {
            let repository = GeneratedStorage.name(number % shape.repositories)
            let tag = (number / shape.repositories) % max(1, shape.tags)
            whole.append(try command.delete("\(repository):v\(tag)"))
            guard try command.answer().state == "done" else {
                throw BenchError("the delete of \(repository):v\(tag) did not end well")
            }
            idle.append(try command.idle())
        }
        let own = whole.percentile(0.5) - idle.percentile(0.5)
        return [
            Figure(
                "storage",
                "delete of one tag, the whole process: p50",
                whole.percentile(0.5),
                "ms"
            ),
            Figure(
                "storage",
                "delete of one tag, the whole process: p99",
                whole.percentile(0.99),
                "ms"
            ),
            Figure(
                "storage",
                "a process that only opens the ledger: p50",
                idle.percentile(0.5),
                "ms"
            ),
            Figure(
                "storage",
                "delete of one tag, without what any command takes: p50",
                own,
                "ms",
                goal: "at most 20",
                isMet: own <= 20
            ),
        ]
    }

    private func foretold() throws -> Int64 {
        let command = try ours("dry-0")
        _ = try command.sweep(isDryRun: true)
        return try command.answer().released
    }

    private func compare(_ ours: StorageContents, with peers: StorageContents) throws {
        for (name, left, right) in [
            ("blobs", ours.blobs, peers.blobs), ("manifests", ours.revisions, peers.revisions),
            ("tags", ours.tags, peers.tags),
        ] where left != right {
            throw BenchError(
                "\(name) that only one of both kept: \(left.subtracting(right).prefix(3)), "
                    + "\(right.subtracting(left).prefix(3))"
            )
        }
    }

    func ours(_ ledger: String) throws -> OurCommand {
        try OurCommand(
            storage: ourTree.path,
            ledger: workplace.file("\(ledger).sqlite"),
            in: workplace
        )
    }

    private func tell(_ work: String, _ times: Times) {
        func said(_ durations: [Duration]) -> String {
            durations.map { "\(Output.rounded($0 / .milliseconds(1))) ms" }
                .joined(separator: ", ")
        }
        Output.tell(
            "\(work): peer \(said(times.peer)); cold \(said(times.cold)); warm \(said(times.warm))"
        )
    }
}
