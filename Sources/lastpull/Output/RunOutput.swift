import AccessLedger
import ArgumentParser
import Cleanup
import Foundation
import RegistryModel

/// How a plan or run is printed (design, section 6.4).
struct RunOutput {
    let run: RunRecord
    /// What other runs of the same command gave back.
    private let reclaimedElse: Int64
    /// What the removal of images has released, and the sweep of the disk releases once more.
    private let counted: Int64
    private let storage: StorageSums

    init(run: RunRecord, reclaimedElse: Int64 = 0, counted: Int64 = 0) {
        self.run = run
        self.reclaimedElse = reclaimedElse
        self.counted = counted
        storage = StorageSums(run.storage)
    }

    private var reclaimed: Int64 {
        storage.reclaimed + run.freed.reduce(0) { $0 + $1.reclaimed } + reclaimedElse
    }

    private func printJSON() {
        var object = JSONText(writingTo: Terminal.say(part:))
        object.add("items") { add in
            for item in run.items { add(Self.item(item)) }
            for item in run.storage { add(Self.item(item, run)) }
            for item in run.engine { add(Self.item(item)) }
        }
        object.add("kept", Int64(run.kept))
        object.add("keptReasons", run.keptReasons)
        object.add("mode", run.mode)
        object.add("note", run.note)
        object.add("outcomes", outcomes)
        object.add("reclaimed", reclaimed)
        object.add("released", released)
        object.add("run", run.name.description)
        object.add("state", run.state.rawValue)
        object.finish()
    }

    /// Bytes of what is removed, or would be: what failed or was skipped releases nothing.
    private var released: Int64 {
        let isPlan = run.state.isPlan
        let images = run.items.lazy
            .filter { $0.state == .done || isPlan && $0.state == .planned }
        let engine = run.engine.filter { $0.state == .done || isPlan && $0.state == .planned }
        // A purge gives back what another run has released.
        return images.reduce(0) { $0 + $1.bytes }
            + (run.isPurge ? 0 : storage.released + (isPlan ? storage.planned : 0))
            + engine.reduce(0) { $0 + $1.bytes } - counted
    }

    /// How many removals came to what; of a plan that waits only what went before it.
    private var outcomes: [String: Int] {
        var counts: [String: Int] = [:]
        for item in run.items where item.isEnforced { counts[item.state.rawValue, default: 0] += 1 }
        for (state, count) in storage.states { counts[state.rawValue, default: 0] += count }
        for item in run.engine { counts[item.state.rawValue, default: 0] += 1 }
        if run.state.isPlan { counts[RunItem.State.planned.rawValue] = nil }
        return counts
    }

    /// Those that were not carried out, for people.
    private var leftOver: String {
        let outcomes = outcomes
        return ["skipped", "failed"].compactMap { state in
            outcomes[state].map { ", \($0) \(state)" }
        }.joined()
    }

    /// What is released, in the tense of the run's state.
    static func bytes(_ released: Int64, of run: RunRecord) -> String {
        "\(run.state.isPlan ? "would release" : "released") \(ByteCount(released))"
    }

    private static func item(_ item: RunItem) -> JSONText {
        var object = JSONText()
        object.add("accesses", Int64(item.accesses))
        object.add("bytes", item.bytes)
        object.add("detail", item.detail)
        object.add("digest", item.digest?.description)
        object.add("kind", item.kind)
        // Without a counted access there is no last one, whatever else happened to the image.
        object.add("lastAccess", item.accesses > 0 ? item.lastAccess?.milliseconds : nil)
        object.add("mode", item.isEnforced ? "enforce" : "observe")
        object.add("policy", item.policy)
        object.add("reason", item.reason)
        object.add("registry", item.registry.name)
        object.add("repository", item.repository.description)
        object.add("state", item.state.rawValue)
        object.add("tag", item.tag?.description)
        object.add("verdict", "remove")
        object.add("why", item.why)
        return object
    }

    /// What goes from the registry's disk; nobody accesses a blob by itself.
    private static func item(_ item: StorageItem, _ run: RunRecord) -> JSONText {
        var object = JSONText()
        object.add("accesses", 0)
        object.add("bytes", item.bytes)
        object.add("detail", item.detail)
        object.add("digest", item.digest?.description)
        object.add("kind", item.kind.rawValue)
        object.add("lastAccess", Int64?.none)
        object.add("mode", run.mode)
        object.add("policy", String?.none)
        object.add("reason", item.reason)
        object.add("reclaimed", item.reclaimed)
        object.add("registry", item.registry.name)
        object.add("repository", item.repository?.description)
        object.add("state", item.state.rawValue)
        object.add("tag", item.kind == .tag ? item.name : nil)
        object.add("upload", item.kind == .upload ? item.name : nil)
        object.add("verdict", "remove")
        object.add("why", "")
        return object
    }

    /// Prints runs of one command: with JSON the last, which is the one that was asked for, with
    /// all that the command gave back.
    ///
    /// `counted` is what each of them releases that is released already.
    static func print(
        _ runs: [RunRecord],
        counted: [RunName: Int64] = [:],
        asJSON: Bool
    ) throws {
        guard asJSON else {
            for run in runs {
                try RunOutput(run: run, counted: counted[run.name] ?? 0).print(asJSON: false)
            }
            return
        }
        guard let last = runs.last else { return }
        let others = runs.dropLast().reduce(0) { $0 + $1.reclaimed }
        try RunOutput(run: last, reclaimedElse: others, counted: counted[last.name] ?? 0)
            .print(asJSON: true)
    }

    func print(asJSON: Bool) throws {
        if asJSON { return printJSON() }
        printStorage()
        for item in run.items { Terminal.say(Self.line(item)) }
        for item in run.engine { Terminal.say(Self.line(item)) }
        let reasons = run.keptReasons.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
        let total = run.items.count + run.storage.count + run.engine.count
        let done =
            run.items.count { $0.state == .done } + storage.taken
            + run.engine.count { $0.state == .done }
        let over = outcomes.values.reduce(0, +)
        let before = done > 0 ? ", \(done) removed before" : ""
        let count =
            run.state.isPlan
            ? "\(total - over) to remove\(before)\(leftOver)"
            : "\(done) of \(total) removed\(leftOver)"
        Terminal.say(
            "run \(run.name) (\(run.mode), \(run.state.rawValue)): "
                + "\(count), \(Self.bytes(released, of: run)), \(ByteCount(reclaimed)) reclaimed; "
                + "\(run.kept) kept"
                + (reasons.isEmpty ? "" : " (\(reasons))")
        )
        if !run.said.isEmpty { Terminal.say(run.said) }
    }

    private func printStorage() {
        for item in run.storage {
            let name =
                [item.repository?.description, item.name, item.digest?.description]
                .compactMap(\.self).joined(separator: " ")
            let state =
                item.detail.isEmpty ? item.state.rawValue : "\(item.state.rawValue): \(item.detail)"
            Terminal.say(
                "\(state)  \(item.kind.rawValue)  \(name)  \(ByteCount(item.bytes))  \(item.reason)"
            )
        }
    }

    private static func line(_ item: RunItem) -> String {
        let name =
            item.tag.map { "\(item.repository):\($0)" }
            ?? "\(item.repository)@\(item.digest?.description ?? "?")"
        let state =
            item.detail.isEmpty ? item.state.rawValue : "\(item.state.rawValue): \(item.detail)"
        return
            "\(state)  \(item.kind)  \(name)  \(ByteCount(item.bytes))  \(item.reason): \(item.why)"
    }

    var status: ExitCode { run.status }
}

extension [RunRecord] {
    /// That of all together; where some were not begun, not all is done.
    func status(isCutShort: Bool = false) -> ExitCode {
        guard !isCutShort else { return isEmpty ? Outcome.failed : Outcome.partlyDone }
        return map(\.status).worst
    }
}

extension [ExitCode] {
    /// That of several of which all were to be done.
    var worst: ExitCode { self.max { $0.rawValue < $1.rawValue } ?? Outcome.done }
}

extension RunRecord {
    /// The note, and of a run that is not over what may have become of it.
    var said: String {
        guard state == .running else { return note }
        let doubt = "under way, or cut off: the next cleanup or start of `serve` finishes it"
        return note.isEmpty ? doubt : "\(doubt); \(note)"
    }

    /// 0 when all that was to be done is done, 2 when a part, 1 when nothing.
    var status: ExitCode {
        switch state {
        case .done, .planned, .waiting, .superseded: Outcome.done
        case .partly, .running: Outcome.partlyDone
        case .failed: Outcome.failed
        }
    }
}
