import AccessLedger
import RegistryClients
import RegistryModel

/// Whether a registry holds tags that the ledger does not know: then a manifest that looks untagged
/// may not be, and nothing goes from that repository by digest.
///
/// Each repository is asked once in a run, before its first manifest goes.
actor RepositoryDoubts {
    private let ledger: Ledger
    private let keeper: InventoryKeeper
    private var answers: [Int64: TagName?] = [:]

    init(ledger: Ledger, keeper: InventoryKeeper) {
        self.ledger = ledger
        self.keeper = keeper
    }

    /// The first tag that the registry has and the ledger does not, if there is one.
    ///
    /// The repository is then listed anew, so that the next plan knows it.
    func unknownTag(in item: RunItem, of target: CleanupTarget) async throws -> TagName? {
        if let known = answers[item.repositoryId] { return known }
        let listed = try await target.client.tags(of: item.repository)
        let known = try await ledger.knownTags(of: item.repository, in: target.row)
        let unknown = listed.filter { known[$0] == nil }
        var found: TagName?
        for tag in unknown where found == nil {
            // A listing may lag behind: the tag itself is the proof.
            if try await exists(tag, item, target) { found = tag }
        }
        answers[item.repositoryId] = .some(found)
        if found != nil { try await keeper.list(item.repository, of: target) }
        return found
    }

    private func exists(
        _ tag: TagName,
        _ item: RunItem,
        _ target: CleanupTarget
    ) async throws -> Bool {
        do {
            _ = try await target.client.head(item.repository, .tag(tag))
            return true
        } catch let error where error.kind == .notFound {
            return false
        }
    }
}
