import AccessLedger
import Foundation
import RegistryModel

/// The part of a run's note that tells what it has in quarantine, for as long as that is true.
enum QuarantineNote {
    /// Says how much of a run is in quarantine, and how long all of it stays there; empty where
    /// nothing is.
    static func text(_ sums: StorageSums, for period: Span? = nil) -> String {
        guard sums.states[.quarantined] ?? 0 > 0 else { return "" }
        let bytes = ByteCount(sums.quarantined)
        let text = "\(bytes)\(inQuarantine)" + (period.map { "\(atLeast)\($0)" } ?? "")
        return sums.unforgotten == 0 ? text : "\(text); \(sums.unforgotten)\(untilRestart)"
    }

    /// A note without what it says of the quarantine.
    static func without(_ note: String) -> String {
        note.components(separatedBy: "; ")
            .filter { part in
                !part.contains(inQuarantine + atLeast) && !part.hasSuffix(inQuarantine)
                    && !part.hasSuffix(untilRestart)
            }
            .joined(separator: "; ")
    }

    private static let inQuarantine = " in quarantine"
    private static let atLeast = " for at least "
    private static let untilRestart = " items stay there until the registry is restarted"
}

extension StorageSweeper {
    /// Says anew in the notes of runs what they have in quarantine by now.
    func restate(_ runs: some Sequence<RunName>, of target: CleanupTarget) async throws {
        for name in runs {
            guard let run = try await ledger.run(name), run.state.isOver else { continue }
            let held = QuarantineNote.text(StorageSums(run.storage), for: target.quarantine)
            let note = Cleaner.joined([QuarantineNote.without(run.note), held])
            if note != run.note { try await ledger.set(note: note, of: name) }
        }
    }
}
