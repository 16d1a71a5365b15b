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
        findings += try await missing(target, deployment)
        findings += try await unlisted(target, deployment)
        findings += try await reading(target, deployment)
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

    /// Repositories that the settings name and the registry does not have: mostly a typing error,
    /// and nothing would ever be cleaned there.
    private func missing(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let known = try await deployment.ledger.repositories(of: target.row)
            .filter { $0.tags > 0 }.map(\.name)
        var findings: [Finding] = []
        for name in (target.repositories ?? []).filter({ !known.contains($0) })
            .prefix(Self.mostLooks)
        {
            guard await hasNoTags(name, target) else { continue }
            findings.append(
                Finding(
                    subject: "registry \(target.row.name)",
                    state: .warning,
                    text: "\(name) is not there, or has no tags; check its name in the settings"
                )
            )
        }
        return findings
    }

    private func hasNoTags(_ name: RepositoryName, _ target: CleanupTarget) async -> Bool {
        do { return try await target.client.tags(of: name).isEmpty } catch {
            return error.kind == .notFound
        }
    }

    /// Each may be a list of many pages.
    private static let mostLooks = 10

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
            guard try await firstRepositories(target).isEmpty else {
                return Finding(subject: subject, state: .ok, text: "lists its repositories")
            }
            let text =
                target.traits.tellsLastPull
                ? "lists no repository; check the `namespace`, and the user's rights in it"
                : "lists its repositories, and has none that this user may see"
            return Finding(subject: subject, state: .warning, text: text)
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
