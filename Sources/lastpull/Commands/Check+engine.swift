import AccessLedger
import Cleanup
import Daemon
import RegistryClients
import RegistryModel
import RetentionPlanning

// What `check` says about an engine.
extension Check {
    func engine(_ target: EngineTarget, _ deployment: Deployment) async throws -> [Finding] {
        let subject = "engine \(target.name)"
        var findings: [Finding] = []
        do {
            let identity = try await target.client.identity()
            findings.append(
                Finding(
                    subject: subject,
                    state: .ok,
                    text: "\(target.client.address) answers: \(identity.name), API \(identity.api)"
                )
            )
            findings += await volumes(target, deployment)
        } catch {
            findings.append(Finding(subject: subject, state: .failed, text: "\(error)"))
        }
        let parts = target.prune.map(\.rawValue).joined(separator: ", ")
        let text = parts.isEmpty ? "nothing of it is pruned" : "prunes \(parts)"
        findings.append(Finding(subject: subject, state: .ok, text: text))
        return findings + (try await images(target, deployment))
    }

    /// Whether images can be told by their use.
    private func images(
        _ target: EngineTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let subject = "engine \(target.name)"
        let triggers = deployment.settings.triggers.filter {
            $0.engine == target.name && $0.clean.contains(.images)
        }
        let policies = deployment.settings.policies.filter { $0.engine == target.name }
        guard !triggers.isEmpty || !policies.isEmpty else { return [] }
        var findings: [Finding] = []
        if policies.isEmpty {
            let names = triggers.map(\.name).joined(separator: ", ")
            let text = "no policy is for it, so trigger \(names) removes no image by its last use"
            findings.append(Finding(subject: subject, state: .warning, text: text))
        }
        let known = try await deployment.ledger.uses(of: target.row)
        guard let first = known.values.map(\.firstSeen).min() else {
            let text = "it was never listened to; images count from when `lastpull serve` sees them"
            return findings + [Finding(subject: subject, state: .warning, text: text)]
        }
        let uses = known.values.reduce(0) { $0 + $1.uses }
        let text =
            "the use of \(known.count) images is known, at most since \(first.text); \(uses) uses heard"
        return findings + [Finding(subject: subject, state: .ok, text: text)]
    }
}
