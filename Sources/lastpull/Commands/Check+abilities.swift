import AccessLedger
import Cleanup
import Daemon
import RegistryClients
import RegistryModel
import RetentionPlanning

// What a kind of registry can and can't do, besides deleting.
extension Check {
    func abilities(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        var findings = [try await listing(target, deployment)]
        func say(_ text: String, _ state: Finding.State = .ok) {
            findings.append(
                Finding(subject: "registry \(target.row.name)", state: state, text: text)
            )
        }
        if target.traits.listsUntagged { say("lists manifests without a tag itself") }
        if target.traits.tellsLastPull {
            say("tells itself when each tag was last pulled: accessed: { within } needs no webhook")
            let deaf = deployment.settings.policies.filter { policy in
                (policy.registry ?? target.row.name) == target.row.name
                    && policy.keep.accessed?.atLeast ?? 0 > 1
            }
            for policy in deaf {
                say(
                    "policy \(policy.name) asks for more than one access, which only a history "
                        + "tells; it removes nothing here",
                    .warning
                )
            }
        }
        if let reason = target.traits.noWayBack { say(reason, .warning) }
        return findings
    }

    /// Where the names of repositories come from.
    private func listing(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> Finding {
        let subject = "registry \(target.row.name)"
        if let named = target.repositories {
            let text = "looks after \(named.count) named repositories"
            return Finding(subject: subject, state: .ok, text: text)
        }
        do {
            _ = try await firstRepository(target)
            return Finding(subject: subject, state: .ok, text: "lists its repositories")
        } catch let error as RegistryError {
            let known = try await deployment.ledger.repositories(of: target.row).count
            let rest =
                known == 0
                ? "none is known from events either; name its `repositories` in the settings"
                : "the \(known) that events or earlier listings named are looked after"
            return Finding(
                subject: subject,
                state: known == 0 ? .failed : .warning,
                text: "does not list its repositories (\(error)); \(rest)"
            )
        }
    }
}
