import AccessLedger
import Cleanup
import Daemon
import RegistryModel
import RegistryStorage
import RetentionPlanning

// What `check` says about the operator's own word on a registry's history.
extension Check {
    func trust(_ target: CleanupTarget, _ deployment: Deployment) async throws -> [Finding] {
        guard
            let settings = deployment.settings.registries.first(where: {
                $0.name == target.row.name
            }),
            let word = try await deployment.ledger.trustedHistory(of: target.row)
        else { return [] }
        let subject = "registry \(target.row.name)"
        guard !word.isEmpty else {
            return [Finding(subject: subject, state: .warning, text: Self.nothing(word))]
        }
        let text =
            "trustHistoryFrom covers \(word.from.text) to \(word.end.text), by your word alone"
        guard settings.trustHistoryUntil.map({ $0 > deployment.now() }) ?? true else {
            return [Finding(subject: subject, state: .ok, text: text)]
        }
        let end =
            settings.trustHistoryUntil.map { "its end, \($0.text), is still to come" }
            ?? "it has no end"
        let advice = settings.trustHistoryUntil == nil ? "add" : "set"
        let ledger = deployment.settings.ledger
        let place = PassingFileSystem(of: ledger).map {
            "; \(ledger) lies on \($0), which ends with its container or machine: keep it on a volume"
        }
        return [
            Finding(
                subject: subject,
                state: .warning,
                text: text
                    + "; \(end), so each new ledger would take it anew, up to its first "
                    + "start, and count as heard what no ledger knows "
                    + "of: \(advice) trustHistoryUntil: \(word.end.text)" + (place ?? "")
            )
        ]
    }

    private static func nothing(_ word: TrustedHistory) -> String {
        "trustHistoryFrom covers nothing: it is \(word.from.text), and was first read "
            + "\(word.givenAt.text); name an earlier date, or remove it"
    }
}
