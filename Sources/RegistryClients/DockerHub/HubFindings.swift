import RegistryModel

/// A tag of the Hub with what it points to.
struct ListedImage {
    var tag: ListedTag
    /// Nil where the Hub does not say what the tag points to.
    var manifest: ListedManifest?
}

/// What the pages of a list have told so far, in their order; what a later one says of a tag is newer.
struct HubFindings {
    /// Whether the lists are the listing as they are: most are, and some are very long.
    private var isPlain = true
    private var tags: PackedList<ListedTag> = []
    private var places: [TagName: Int] = [:]
    /// One of each digest.
    private var manifests: PackedList<ListedManifest> = []
    private var pushes: [Digest: Timestamp?] = [:]

    /// Notes a tag of the next page.
    mutating func take(_ image: ListedImage) {
        if places.updateValue(tags.count, forKey: image.tag.name) != nil { isPlain = false }
        tags.append(image.tag)
        guard let manifest = image.manifest else { return }
        // A digest is the same content for ever, so what was told of it first will do.
        guard let before = pushes[manifest.digest] else {
            pushes.updateValue(manifest.pushedAt, forKey: manifest.digest)
            manifests.append(manifest)
            return
        }
        // It is as old as the newest of its tags.
        guard let pushed = manifest.pushedAt, before.map({ pushed > $0 }) ?? true else { return }
        pushes.updateValue(pushed, forKey: manifest.digest)
        isPlain = false
    }

    /// The listing of `names`, or of all, with the manifests that they point to.
    func listing(
        of names: Set<TagName>? = nil,
        in repository: RepositoryName,
        isWhole: Bool
    ) -> RepositoryListing {
        var listing = plainListing(of: names, isWhole: isWhole)
        listing.holdings = Self.holdings(in: listing, of: repository)
        return listing
    }

    /// The platforms that signature and fallback tags are named for, with the images that have them.
    private static func holdings(
        in listing: RepositoryListing,
        of repository: RepositoryName
    ) -> [RepositoryListing.Holding] {
        let named = Set(listing.tags.lazy.compactMap(\.name.subject))
        guard !named.isEmpty else { return [] }
        let shares = Dictionary(
            named.map { (HubTag.share($0, of: repository), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        return listing.manifests.flatMap { manifest in
            (manifest.content?.blobs ?? []).compactMap { blob in
                guard let held = shares[blob.digest], held != manifest.digest else { return nil }
                return RepositoryListing.Holding(holder: manifest.digest, held: held)
            }
        }
    }

    private func plainListing(of names: Set<TagName>?, isWhole: Bool) -> RepositoryListing {
        if isPlain, (names?.count ?? places.count) == places.count {
            return RepositoryListing(tags: tags, manifests: manifests, isWhole: isWhole)
        }
        var listing = RepositoryListing(isWhole: isWhole)
        var held: Set<Digest> = []
        for (place, tag) in tags.enumerated() where places[tag.name] == place {
            guard names?.contains(tag.name) ?? true else { continue }
            listing.tags.append(tag)
            if let digest = tag.digest { held.insert(digest) }
        }
        for var manifest in manifests where held.contains(manifest.digest) {
            manifest.pushedAt = pushes[manifest.digest] ?? nil
            listing.manifests.append(manifest)
        }
        return listing
    }
}
