import RegistryModel

extension HubTag {
    /// What the tag points to: its own digest, or that of its only platform.
    var pointsTo: Digest? {
        if let digest, !digest.isEmpty { return Digest(digest) }
        guard let images, images.count == 1 else { return nil }
        return images[0].digest.flatMap { Digest($0) }
    }

    var pushedAt: Timestamp? {
        let times = [lastPushed, lastUpdated].compactMap(\.self)
        // A time that can't be read may be later than the other one.
        guard times.allSatisfy({ Timestamp(rfc3339: $0) != nil }) else { return nil }
        return times.compactMap { Timestamp(rfc3339: $0) }.max()
    }

    /// The last pull of the tag or of any of its platforms.
    ///
    /// Never pulled is what is said of a tag whose push is known: the Hub has counted since then.
    /// Whatever is missing or can't be read leaves the use unknown.
    var use: ToldUse? {
        guard tellsOfPulls else { return nil }
        let told = [lastPulled].compactMap(\.self) + (images ?? []).compactMap(\.lastPulled)
        let times = told.filter { !$0.isEmpty }.map { Timestamp(rfc3339: $0) }
        guard !times.contains(nil) else { return nil }
        if let last = times.compactMap(\.self).max() { return .at(last) }
        guard let pushedAt, pushedAt >= Self.countingSince else { return nil }
        return .never
    }

    /// The tag in the form of a listing; nil where its name makes no sense.
    func listed(in repository: RepositoryName) -> ListedImage? {
        TagName(name).map { name in
            ListedImage(
                tag: ListedTag(name: name, digest: pointsTo, pushedAt: pushedAt, use: use),
                manifest: pointsTo.map { digest in
                    ListedManifest(
                        digest: digest,
                        mediaType: mediaType,
                        pushedAt: pushedAt,
                        content: content(in: repository)
                    )
                }
            )
        }
    }

    /// What the tag's digest holds, as far as bytes go: its platforms, each counted once within its
    /// repository.
    func content(in repository: RepositoryName) -> ManifestContent? {
        guard let digest = pointsTo else { return nil }
        var blobs: [Descriptor] = []
        for image in images ?? [] {
            guard let text = image.digest, let part = Digest(text) else { continue }
            blobs.append(
                Descriptor(digest: Self.share(part, of: repository), size: max(0, image.size ?? 0))
            )
        }
        if blobs.isEmpty {
            let size = max(0, fullSize ?? 0)
            blobs = [Descriptor(digest: Self.share(digest, of: repository), size: size)]
        }
        return ManifestContent(mediaType: mediaType ?? Self.unknownType, blobs: blobs)
    }

    /// A name for a platform's bytes within its repository: the Hub keeps each repository's own.
    static func share(_ digest: Digest, of repository: RepositoryName) -> Digest {
        Digest(hashing: Array("\(repository)@\(digest)".utf8))
    }

    private static let unknownType = "application/octet-stream"

    /// By then the Hub recorded pulls of tags; what is older may have been pulled before it did.
    private static let countingSince = Timestamp(milliseconds: 1_609_459_200_000)
}
