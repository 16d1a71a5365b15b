import RegistryModel

extension InventorySlice {
    /// The candidates by last access, then push, repository and name: an order of facts alone.
    func ordered() -> [Candidate] {
        candidates.map { (key: key(of: $0), candidate: $0) }
            .sorted { $0.key < $1.key }
            .map(\.candidate)
    }

    private func key(of candidate: Candidate) -> CandidateKey {
        switch candidate {
        case .tag(let id):
            let tag = tags[id]
            let manifest = tag?.manifest.flatMap { manifests[$0] }
            return CandidateKey(
                access: [tag?.lastAccess, manifest?.lastAccess, tag?.told?.lastPull]
                    .compactMap(\.self).max(),
                pushed: tag.map { $0.pushedAt ?? $0.firstSeen },
                repository: tag.flatMap { repositories[$0.repository] },
                name: tag?.name.description ?? ""
            )
        case .untagged(let id, let repository):
            let manifest = manifests[id]
            return CandidateKey(
                access: manifest?.lastAccess,
                pushed: manifest.map { $0.pushedAt ?? $0.firstSeen },
                repository: repositories[repository],
                name: manifest?.digest.description ?? ""
            )
        }
    }
}

/// What candidates are sorted by; a digest and a tag are never alike, for the colon.
private struct CandidateKey: Comparable {
    let access: Int64
    let pushed: Int64
    let registry: String
    let repository: String
    let name: String

    /// What was never accessed comes first.
    init(access: Timestamp?, pushed: Timestamp?, repository: RepositoryFacts?, name: String) {
        self.access = access?.milliseconds ?? .min
        self.pushed = pushed?.milliseconds ?? .min
        registry = repository?.registry ?? ""
        self.repository = repository?.name.description ?? ""
        self.name = name
    }

    static func < (left: CandidateKey, right: CandidateKey) -> Bool {
        guard left.access == right.access else { return left.access < right.access }
        guard left.pushed == right.pushed else { return left.pushed < right.pushed }
        guard left.registry == right.registry else { return left.registry < right.registry }
        guard left.repository == right.repository else { return left.repository < right.repository }
        return left.name < right.name
    }
}
