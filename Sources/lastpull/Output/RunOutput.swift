import AccessLedger
import ArgumentParser
import Foundation
import RegistryModel

/// How a plan or run is printed (design, section 6.4).
struct RunOutput {
    let run: RunRecord

    var json: [String: Any] {
        [
            "run": run.name.description,
            "mode": run.mode,
            "state": run.state.rawValue,
            "note": run.note,
            "items": run.items.map(Self.item),
            "kept": run.kept,
            "keptReasons": run.keptReasons,
            "released": released,
            "reclaimed": 0,
        ]
    }

    /// Bytes of what is removed, or would be: what failed or was skipped releases nothing.
    private var released: Int64 {
        run.items
            .filter { $0.state == .done || (run.state.isPlan && $0.state == .planned) }
            .reduce(0) { $0 + $1.bytes }
    }

    /// What is released, in the tense of the run's state.
    static func bytes(_ released: Int64, of run: RunRecord) -> String {
        "\(run.state.isPlan ? "would release" : "released") \(ByteCount(released))"
    }

    private static func item(_ item: RunItem) -> [String: Any] {
        [
            "kind": item.kind,
            "registry": item.registry.name,
            "repository": item.repository.description,
            "tag": item.tag?.description ?? NSNull(),
            "digest": item.digest?.description ?? NSNull(),
            "verdict": "remove",
            "reason": item.reason,
            "why": item.why,
            "policy": item.policy ?? NSNull(),
            "mode": item.isEnforced ? "enforce" : "observe",
            // Without a counted access there is no last one, whatever else happened to the image.
            "lastAccess": item.accesses > 0
                ? item.lastAccess?.milliseconds ?? NSNull() : NSNull(),
            "accesses": item.accesses,
            "bytes": item.bytes,
            "state": item.state.rawValue,
            "detail": item.detail,
        ] as [String: Any]
    }

    func print(asJSON: Bool) throws {
        if asJSON { return try Terminal.say(json: json) }
        for item in run.items { Terminal.say(Self.line(item)) }
        let reasons = run.keptReasons.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
        let done = run.items.count { $0.state == .done }
        let count =
            run.state.isPlan
            ? "\(run.items.count) to remove" : "\(done) of \(run.items.count) removed"
        Terminal.say(
            "run \(run.name) (\(run.mode), \(run.state.rawValue)): "
                + "\(count), \(Self.bytes(released, of: run)); \(run.kept) kept"
                + (reasons.isEmpty ? "" : " (\(reasons))")
        )
        if !run.note.isEmpty { Terminal.say(run.note) }
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

    /// 0 when all that was to be done is done, 2 when a part, 1 when nothing.
    var status: ExitCode {
        switch run.state {
        case .done, .planned, .waiting: Outcome.done
        case .partly, .running: Outcome.partlyDone
        case .failed: Outcome.failed
        }
    }
}
