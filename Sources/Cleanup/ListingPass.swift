import AccessLedger
import Logging
import RegistryClients
import RegistryModel

/// A way through the repositories of a registry, past those that can't be listed.
struct ListingPass {
    let keeper: InventoryKeeper
    let target: CleanupTarget
    /// How many could be listed.
    private(set) var listed = 0
    /// Those that could not, in order.
    private(set) var left: [RepositoryName] = []
    /// Why the first could not.
    private(set) var first: RegistryError?
    private var slowInARow = 0

    init(keeper: InventoryKeeper, target: CleanupTarget) {
        self.keeper = keeper
        self.target = target
    }

    /// Lists one repository, or notes why it can't be.
    ///
    /// - Throws: what concerns the whole registry.
    mutating func list(_ name: RepositoryName) async throws {
        do {
            try await keeper.list(name, of: target)
            listed += 1
            slowInARow = 0
        } catch let error as RegistryError {
            guard await concernsOnly(error) else { throw error }
            try await leave(name, error)
        }
    }

    /// Whether an error may concern one repository only: the registry itself still answers us.
    private mutating func concernsOnly(_ error: RegistryError) async -> Bool {
        guard !error.isOfWholeRegistry else { return false }
        let isSlow = error.isRetryable
        slowInARow = isSlow ? slowInARow + 1 : 0
        guard slowInARow < Self.mostSlow else { return false }
        // What was refused before and after others that were not is no refusal of us.
        guard isSlow || error.kind == .unauthorized || listed + left.count == 0 else { return true }
        do { try await target.reader.ping() } catch { return false }
        return true
    }

    private mutating func leave(_ name: RepositoryName, _ error: RegistryError) async throws {
        left.append(name)
        first = first ?? error
        keeper.logger.warning(
            "repository not listed; it is left alone",
            metadata: [
                "registry": "\(target.row.name)", "repository": "\(name)", "reason": "\(error)",
            ]
        )
        try await keeper.ledger.notListed(
            name,
            of: target.row,
            because: "\(error)",
            at: keeper.now()
        )
    }

    /// Each was tried several times; so many in a row mean that the registry is overloaded.
    private static let mostSlow = 3
}
