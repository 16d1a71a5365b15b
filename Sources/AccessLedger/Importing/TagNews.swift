import RegistryModel

/// What uses tell of tags: which stayed what they were, and of which everything is known.
struct TagNews {
    private struct Tag {
        /// -1 until a use tells it.
        var target: Int32 = -1
        var isChanged = false
        var isSettled = false

        mutating func note(_ name: UseName) {
            if name.class == .delete { isChanged = true }
            guard name.digest >= 0 else { return }
            if target >= 0, target != name.digest { isChanged = true }
            target = name.digest
        }
    }

    private var tags: [UInt64: Tag] = [:]
    private var losesManifests = false

    init(_ merged: MergedUses, _ places: [Int]) {
        for place in places {
            let name = merged.uses[place].name
            guard name.tag >= 0 else {
                if name.class == .delete { losesManifests = true }
                continue
            }
            tags[name.placeOfTag, default: Tag()].note(name)
        }
    }

    /// Whether a tag pointed to one manifest only, and was not deleted.
    func isSteady(_ name: UseName) -> Bool {
        !losesManifests && tags[name.placeOfTag]?.isChanged == false
    }

    /// Whether nothing that uses tell of the tag is news.
    func isSettled(_ name: UseName) -> Bool { tags[name.placeOfTag]?.isSettled == true }

    /// Notes that what `name` tells was known.
    mutating func settle(_ name: UseName) {
        // One that tells no target says nothing of those that do.
        guard isSteady(name), tags[name.placeOfTag]?.target == name.digest else { return }
        tags[name.placeOfTag]?.isSettled = true
    }
}
