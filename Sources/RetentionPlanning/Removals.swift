import RegistryModel

/// What a plan removes, by the ledger's rows.
///
/// Counts of removed tags and parents per manifest spare looking through long lists each time: a
/// list is only verified once as many of it are gone as it holds.
struct Removals: Sendable {
    private(set) var tags: Set<Int64> = []
    private(set) var manifests: Set<Int64> = []
    private var tagsGone: [Int64: Int] = [:]
    private var parentsGone: [Int64: Int] = [:]
    private var referencesGone: [Int64: Int] = [:]

    mutating func remove(tag: Int64, of manifest: Int64) {
        guard tags.insert(tag).inserted else { return }
        tagsGone[manifest, default: 0] += 1
    }

    /// Removes a manifest and returns the size of the content that nothing refers to any more.
    mutating func remove(_ manifest: ManifestFacts) -> Int64 {
        guard manifests.insert(manifest.id).inserted else { return 0 }
        tagsGone[manifest.id] = nil
        parentsGone[manifest.id] = nil
        for child in manifest.children { parentsGone[child, default: 0] += 1 }
        var released: Int64 = 0
        for blob in manifest.blobs {
            let gone = referencesGone[blob.id, default: 0] + 1
            if gone == blob.references { released += blob.size }
            referencesGone[blob.id] = gone
        }
        return released
    }

    /// Whether a tag other than `tag` still points to `manifest`.
    func hasTag(_ manifest: ManifestFacts, besides tag: Int64? = nil) -> Bool {
        let isCounted = tag.map { tags.contains($0) } ?? true
        let gone = tagsGone[manifest.id, default: 0] + (isCounted ? 0 : 1)
        guard gone >= manifest.tags.count || manifests.contains(manifest.id) else { return true }
        return manifest.tags.contains { $0 != tag && !tags.contains($0) }
    }

    /// Whether an index that stays holds `manifest`.
    func hasParent(_ manifest: ManifestFacts) -> Bool {
        let gone = parentsGone[manifest.id, default: 0]
        guard gone >= manifest.parents.count || manifests.contains(manifest.id) else {
            return true
        }
        return manifest.parents.contains { !manifests.contains($0) }
    }
}
