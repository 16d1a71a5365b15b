package import AccessLedger
package import RegistryModel
import RetentionPlanning

// Repositories that could not be listed: nothing goes from them, and that has to be said.
extension PlanMaker {
    /// Whether a plan of `scope` could remove something of a repository.
    package func concerns(
        _ repository: RepositoryName,
        of registry: RegistryRow,
        in scope: CleanupScope
    ) -> Bool {
        guard scope.matches(repository) else { return false }
        return scope.sweepDefault
            || policies.deciding(registry: registry.name, repository: repository) != nil
    }

    /// One line about those that a scope is about; empty where there are none.
    func unlisted(_ scope: CleanupScope, _ targets: [CleanupTarget]) async throws -> String {
        var found: [String] = []
        for target in targets {
            for repository in try await ledger.unlisted(of: target.row)
            where concerns(repository.name, of: target.row, in: scope) {
                found.append(
                    "\(repository.name) could not be listed and is left alone: "
                        + repository.failure.why
                )
            }
        }
        let more = found.count - Self.mostNamed
        guard more > 0 else { return Cleaner.joined(found) }
        return Cleaner.joined(
            found.prefix(Self.mostNamed) + ["so are \(more) more, which `check` names"]
        )
    }

    /// A run's note is one line.
    private static let mostNamed = 5
}
