import RegistryModel

/// Something that a removed manifest may have held.
enum Dependant {
    case manifest(Int64)
    case tag(Int64)
}

extension Planner {
    /// What may go along with `manifest`, the first to be looked at last, in an order of names.
    ///
    /// Tags of a referrer come before the referrer, so that the last of them takes it along.
    func dependants(of manifest: ManifestFacts, in slice: InventorySlice) -> [Dependant] {
        var result: [Dependant] = []
        let named = sortedTags(manifest.referrerTags, in: slice)
        result.append(contentsOf: named.map { .tag($0) })
        for referrer in sortedManifests(manifest.referrers, in: slice) {
            result.append(.manifest(referrer))
            guard request.targets.contains(.tags) else { continue }
            let tags = sortedTags(slice.manifests[referrer]?.tags ?? [], in: slice)
            result.append(contentsOf: tags.map { .tag($0) })
        }
        let children = sortedManifests(manifest.children, in: slice)
        result.append(contentsOf: children.map { .manifest($0) })
        return result
    }

    /// Removes what `root` held, and what that held, unless something else holds or protects it.
    mutating func visit(
        _ waiting: inout [Dependant],
        of root: Image,
        in slice: InventorySlice
    ) {
        while let next = waiting.popLast() { visit(next, of: root, in: slice, &waiting) }
    }

    private mutating func visit(
        _ dependant: Dependant,
        of root: Image,
        in slice: InventorySlice,
        _ waiting: inout [Dependant]
    ) {
        let candidate: InventorySlice.Candidate =
            switch dependant {
            case .tag(let id): .tag(id)
            case .manifest(let id): .untagged(id, repository: root.repository.id)
            }
        guard var image = image(of: candidate, in: slice), !isRemoved(image) else { return }
        image.isAttached = true
        guard protection(of: image, among: Self.rules(for: image)) == nil else {
            image.isAttached = false
            noteAnew(image)
            return
        }
        let isChild = image.tag == nil && !(image.manifest?.parents.isEmpty ?? true)
        take(
            image,
            because: isChild ? .removedWithIndex : .removedWithSubject,
            in: slice,
            &waiting
        )
    }

    /// Corrects the reason of a candidate that was looked at before its holder went.
    private mutating func noteAnew(_ image: Image) {
        guard let reason = protection(of: image, among: Self.rules(for: image)) else { return }
        keepAnew(image, reason)
    }

    private func sortedManifests(_ ids: [Int64], in slice: InventorySlice) -> [Int64] {
        guard ids.count > 1 else { return ids }
        return ids.compactMap { slice.manifests[$0] }.sorted { $0.digest > $1.digest }.map(\.id)
    }

    private func sortedTags(_ ids: [Int64], in slice: InventorySlice) -> [Int64] {
        guard ids.count > 1 else { return ids }
        return ids.compactMap { slice.tags[$0] }.sorted { $0.name > $1.name }.map(\.id)
    }
}
