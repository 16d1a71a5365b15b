import AccessLedger
import Cleanup
import Daemon
import RegistryModel

// What `check` says where `ignoreAccess` leaves nothing to be heard.
extension Check {
    func ignored(_ target: CleanupTarget, _ deployment: Deployment) async throws -> [Finding] {
        let rules = Set(deployment.settings.ignoreAccess.ruleNames)
        guard !rules.isEmpty else { return [] }
        let reads = try await deployment.ledger.clientReads(
            of: target.row,
            rules: rules,
            now: deployment.now()
        )
        guard let worst = reads.deafness else { return [] }
        let all = reads.allIgnored + reads.counted
        return [
            Finding(
                subject: "registry \(target.row.name)",
                state: .warning,
                text:
                    "\(reads.allIgnored) of \(all) reads by clients since yesterday were ignored, "
                    + "\(worst.reads) by \(worst.rule): where clients come through what that names, "
                    + "such as a proxy, every image looks unused; name the scanner or mirror itself, "
                    + "or let the log of that proxy tell who it was"
            )
        ]
    }
}
