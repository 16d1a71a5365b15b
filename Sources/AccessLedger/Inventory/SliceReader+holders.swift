import RegistryModel

// What holds an image is above it, where a removal never leads.
extension SliceReader {
    /// Adds a candidate with all that holds it: tags, indexes, subjects, and what holds those.
    ///
    /// All of it has to be planned together before it is known what becomes of the candidate.
    mutating func addWithHolders(_ candidate: InventorySlice.Candidate) throws {
        try add(candidate)
        var seen: Set<Int64> = []
        var waiting: [Int64] =
            switch candidate {
            case .tag(let id): holders(ofTag: id)
            case .untagged(let id, _): [id]
            }
        while let id = waiting.popLast() {
            guard seen.insert(id).inserted else { continue }
            try addManifest(id)
            guard let manifest = slice.manifests[id] else { continue }
            waiting += manifest.parents + [manifest.subject].compactMap(\.self)
            for tag in manifest.tags {
                try addTag(tag)
                waiting += holders(ofTag: tag)
            }
        }
    }

    /// The manifest of a tag, and what a signature or fallback tag belongs to by its name.
    private func holders(ofTag id: Int64) -> [Int64] {
        guard let tag = slice.tags[id] else { return [] }
        return [tag.manifest, tag.subject].compactMap(\.self) + tag.holders
    }
}
