/// Tags that may go, but wait for all else that holds their manifest.
///
/// By the ledger's rows. It only remembers: nothing here decides.
struct DeferredTags: Sendable {
    private struct Group {
        var tags: [Int64] = []
        /// When the last of them came.
        var turn = 0
    }

    private var groups: [Int64: Group] = [:]
    /// The manifest of each tag.
    private var manifests: [Int64: Int64] = [:]
    private var attached: Set<Int64> = []
    private var loosened: Set<Int64> = []
    private var turns = 0

    /// Adds `tag`, or leaves it in its place where it waits already.
    mutating func add(_ tag: Int64, of manifest: Int64, isAttached: Bool) {
        guard manifests[tag] != manifest else { return }
        remove(tag)
        turns += 1
        manifests[tag] = manifest
        groups[manifest, default: Group()].tags.append(tag)
        groups[manifest]?.turn = turns
        if isAttached { attached.insert(tag) }
    }

    mutating func remove(_ tag: Int64) {
        attached.remove(tag)
        guard let manifest = manifests.removeValue(forKey: tag) else { return }
        groups[manifest]?.tags.removeAll { $0 == tag }
        if groups[manifest]?.tags.isEmpty == true { groups[manifest] = nil }
    }

    mutating func removeTags(of manifest: Int64) {
        for tag in groups.removeValue(forKey: manifest)?.tags ?? [] {
            manifests[tag] = nil
            attached.remove(tag)
        }
    }

    /// The tags of `manifest` that wait, in the order in which they came.
    func tags(of manifest: Int64) -> [Int64] { groups[manifest]?.tags ?? [] }

    /// Whether `tag` waits because something it belonged to is removed, not for itself.
    func isAttached(_ tag: Int64) -> Bool { attached.contains(tag) }

    /// Notes that something that held `manifest` is removed.
    mutating func loosen(_ manifest: Int64) {
        if groups[manifest] != nil { loosened.insert(manifest) }
    }

    /// The manifests that were loosened since the last call, the one that waits longest first.
    mutating func takeLoosened() -> [Int64] {
        guard !loosened.isEmpty else { return [] }
        defer { loosened = [] }
        return loosened.sorted { (groups[$0]?.turn ?? 0) < (groups[$1]?.turn ?? 0) }
    }
}
