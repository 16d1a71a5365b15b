import RegistryModel

// A goal of bytes takes a tag only with its manifest: a tag alone releases nothing. So tags wait
// until the last that holds the manifest goes, and stay where that does not come.
extension Planner {
    var isForBytes: Bool {
        if case .release = request.goal { true } else { false }
    }

    /// Removes what nothing protects, or defers it as a tag that goes only with its manifest.
    mutating func take(
        _ image: Image,
        because reason: Reason,
        in slice: InventorySlice,
        _ waiting: inout [Dependant]
    ) {
        guard isForBytes, let tag = image.tag, let manifest = image.manifest else {
            remove(image, because: reason, in: slice, &waiting)
            return
        }
        deferred.add(tag.id, of: manifest.id, isAttached: image.isAttached)
        keepAnew(image, .notNeeded)
        removeTogether(manifest, in: slice, &waiting)
    }

    /// Removes `manifest` with its deferred tags, if they are all that holds it and none too many.
    mutating func removeTogether(
        _ manifest: ManifestFacts,
        in slice: InventorySlice,
        _ waiting: inout [Dependant]
    ) {
        guard let images = everyTag(of: manifest, in: slice) else { return }
        if let limit = limit(on: images) {
            for image in images { keepAnew(image, limit) }
            return
        }
        deferred.removeTags(of: manifest.id)
        for image in images {
            let reason: Reason =
                image.isAttached ? .removedWithSubject : removalReason(of: image)
            remove(image, because: reason, in: slice, &waiting)
        }
    }

    /// Takes what waited for something that is removed now.
    mutating func takeLoosened(of root: Image, in slice: InventorySlice) {
        var waiting: [Dependant] = []
        var loosened = deferred.takeLoosened()
        while !loosened.isEmpty {
            for id in loosened {
                guard let manifest = slice.manifests[id] else { continue }
                removeTogether(manifest, in: slice, &waiting)
                visit(&waiting, of: root, in: slice)
            }
            loosened = deferred.takeLoosened()
        }
    }

    /// The tags of `manifest`, the longest deferred first; nil where anything else holds it.
    private mutating func everyTag(
        of manifest: ManifestFacts,
        in slice: InventorySlice
    ) -> [Image]? {
        let tags = deferred.tags(of: manifest.id)
        guard tags.count >= manifest.tags.count, !isHeldByManifest(manifest) else { return nil }
        var images: [Image] = []
        for tag in tags where slice.tags[tag]?.manifest == manifest.id {
            guard var image = image(of: .tag(tag), in: slice) else { return nil }
            image.isAttached = deferred.isAttached(tag)
            images.append(image)
        }
        return images.count == manifest.tags.count ? images : nil
    }

    /// The limit of the request that speaks against all of `images`, but not what goes along.
    private func limit(on images: [Image]) -> Reason? {
        let count = images.count { !$0.isAttached }
        guard count > 0 else { return nil }
        if let maximum = request.maximum, chosen + count > maximum { return .overMaximum }
        return isSatisfied ? .notNeeded : nil
    }
}
