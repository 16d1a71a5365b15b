import AccessLedger
import Cleanup
import Daemon
import RegistryClients
import RegistryModel

// Whether manifests may be read, where lists alone do not tell: without that nothing may go.
extension Check {
    func reading(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        // Such a registry's lists need another right than its manifests do.
        guard target.traits.listsUntagged else { return [] }
        let subject = "registry \(target.row.name)"
        guard let (repository, reference) = try await someManifest(target, deployment) else {
            return []
        }
        do {
            _ = try await target.client.manifest(repository, reference)
            return [
                Finding(
                    subject: subject,
                    state: .ok,
                    text: "lets us read manifests (tried in \(repository))"
                )
            ]
        } catch {
            // It went meanwhile.
            if error.kind == .notFound { return [] }
            return [Finding(subject: subject, state: .failed, text: "\(error)")]
        }
    }

    private func someManifest(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> (RepositoryName, ManifestReference)? {
        if let known = try await deployment.ledger.probeTargets(of: target.row).first {
            return (known.repository, .digest(known.digest))
        }
        for repository in try await someRepositories(target, deployment) {
            guard let tag = try? await target.client.tags(of: repository).first else { continue }
            return (repository, .tag(tag))
        }
        return nil
    }
}
