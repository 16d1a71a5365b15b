import AccessLedger
import Cleanup
import Daemon
import RegistryModel
import RetentionPlanning

// Why what was heard does not prove more: losses, another address, a clock that was wrong.
extension Check {
    func proofs(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let now = deployment.now()
        let windows = deployment.settings.policies
            .filter { $0.concerns(registry: target.row.name) }
            .compactMap(\.keep.accessed?.within)
        let start = now - (windows.max() ?? .days(7))
        let record = try await deployment.cleaner.planMaker.record(target, since: start, now)
        var texts: [String] = []
        if let move = record.move, move.since.map({ $0 >= start }) ?? true {
            texts.append(Self.moved(move, to: target.place))
        }
        if record.heldSince > now {
            texts.append(
                "what was heard before \(record.heldSince.text) was dropped by a clock that was ahead; "
                    + "start `lastpull serve` anew, and the history begins now"
            )
        }
        let planMaker = deployment.cleaner.planMaker
        if let doubt = try await planMaker.clockDoubt(CleanupScope(), now) {
            texts.append(doubt)
        } else if let from = try await deployment.ledger.clockDoubt() {
            texts.append(
                "the clock went from \(from.text) to now between two heartbeats; if that is wrong, set it "
                    + "right; what is old is dropped when `lastpull serve` has run for a day"
            )
        }
        texts += Self.lost(record.losses)
        return texts.map {
            Finding(subject: "registry \(target.row.name)", state: .warning, text: $0)
        }
    }

    private static func moved(_ move: CoverageRecord.Move, to place: String) -> String {
        let since = move.since.map { " since \($0.text)" } ?? ""
        let next =
            move.since == nil ? "start `lastpull serve` anew to hear it there. " : ""
        return
            "it is at \(place)\(since) and was at \(move.formerAddress) before, so what was heard "
            + "until then proves nothing, and nothing counts as older; \(next)If it is the same "
            + "registry, set `trustHistoryFrom` to a date that it did not have"
    }

    /// The newest losses; each holds for all of its registry.
    private static func lost(_ losses: [CoverageRecord.Stretch]) -> [String] {
        let newest = losses.sorted { $0.from > $1.from }
        let texts = newest.prefix(mostLosses).map { loss in
            let end = loss.to.map { "to \($0.text)" } ?? "on"
            return "known loss from \(loss.from.text) \(end): \(loss.reason)"
        }
        let more = newest.count - mostLosses
        return texts + (more > 0 ? ["and \(more) losses before; `lastpull sources` has all"] : [])
    }

    private static let mostLosses = 3
}
