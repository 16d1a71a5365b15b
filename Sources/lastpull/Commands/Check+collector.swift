import AccessLedger
import Cleanup
import Daemon
import RegistryModel

extension Deployment {
    /// Why a registry's own collector should rather not be run; nil where nothing speaks against it.
    func warning(of target: CleanupTarget) async throws -> String? {
        guard let collector = target.garbageCollect, collector.removesUntagged else { return nil }
        let known = try await ledger.hasIndexes(target.row)
        let name = target.row.name
        return "registry \(name) "
            + (known ? "has images for several platforms" : "may have images for several platforms")
            + ": distribution 2 with --delete-untagged deletes their manifests although an index "
            + "that stays needs them; leave the option out, or remove garbageCollect and let "
            + "lastpull sweep its `storage`"
    }
}

extension Check {
    /// What `check` says about a registry's own collector.
    func collector(_ target: CleanupTarget, _ deployment: Deployment) async throws -> [Finding] {
        guard let collector = target.garbageCollect else { return [] }
        let subject = "registry \(target.row.name)"
        let place = collector.engine.map { " in container \(collector.container) of engine \($0)" }
        let command = collector.command.joined(separator: " ")
        var findings = [
            Finding(
                subject: subject,
                state: .ok,
                text: "its own collector gives bytes back\(place ?? ""): \(command)"
            )
        ]
        if let warning = try await deployment.warning(of: target) {
            findings.append(Finding(subject: subject, state: .warning, text: warning))
        }
        if target.storage != nil {
            let text =
                "its storage is here, so lastpull can sweep it beside pushes; without garbageCollect"
                + " it does"
            findings.append(Finding(subject: subject, state: .warning, text: text))
        }
        return findings
    }
}
