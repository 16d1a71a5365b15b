import RegistryModel

/// A tag of the Hub with what it points to.
struct ListedImage: Packable {
    var tag: ListedTag
    /// Nil where the Hub does not say what the tag points to.
    var manifest: ListedManifest?

    init(tag: ListedTag, manifest: ListedManifest?) {
        self.tag = tag
        self.manifest = manifest
    }

    init(from unpacker: inout Unpacker) {
        tag = ListedTag(from: &unpacker)
        manifest = unpacker.optional { ListedManifest(from: &$0) }
    }

    func pack(into packer: inout Packer) {
        tag.pack(into: &packer)
        packer.add(manifest) { $1.pack(into: &$0) }
    }
}

/// What the pages of a list have told so far; what a later page says is newer.
struct HubFindings {
    private var images: PackedList<ListedImage> = []
    private var places: [TagName: Int] = [:]

    var names: some Sequence<TagName> { places.keys }

    mutating func take(_ image: ListedImage) {
        places[image.tag.name] = images.count
        images.append(image)
    }

    /// The listing of `names`, in their order; a manifest is as old as the newest of its tags.
    func listing(of names: some Sequence<TagName>, isWhole: Bool) -> RepositoryListing {
        var listing = RepositoryListing(isWhole: isWhole)
        var manifests: [Digest: (place: Int, pushedAt: Timestamp?)] = [:]
        for name in names.sorted() {
            guard let place = places[name] else { continue }
            let image = images[place]
            listing.tags.append(image.tag)
            guard let manifest = image.manifest else { continue }
            let pushed = [manifests[manifest.digest]?.pushedAt, manifest.pushedAt]
            manifests[manifest.digest] = (place, pushed.compactMap(\.self).max())
        }
        for (_, found) in manifests.sorted(by: { $0.key < $1.key }) {
            guard var manifest = images[found.place].manifest else { continue }
            manifest.pushedAt = found.pushedAt
            listing.manifests.append(manifest)
        }
        return listing
    }
}
