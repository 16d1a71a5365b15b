import RegistryModel
import Testing

@testable import RegistryClients

@Suite struct HubFindingsTests {
    private func image(_ tag: String, _ content: String?, pushed: Int64? = 1) throws -> ListedImage
    {
        let name = try #require(TagName(tag))
        let digest = content.map { Digest(hashing: Array($0.utf8)) }
        let time = pushed.map(Timestamp.init(milliseconds:))
        return ListedImage(
            tag: ListedTag(name: name, digest: digest, pushedAt: time),
            manifest: digest.map { ListedManifest(digest: $0, pushedAt: time) }
        )
    }

    private var team: RepositoryName {
        get throws { try #require(RepositoryName("team/api")) }
    }

    private func findings(_ images: [ListedImage]) -> HubFindings {
        var found = HubFindings()
        for image in images { found.take(image) }
        return found
    }

    @Test func eachDigestIsListedOnceAndAsOldAsItsNewestTag() throws {
        for pushes: [Int64?] in [
            [1, nil, 5, 3], [5, 1, nil, 3], [nil, 5, 1, 1], [3, 1, 5, nil],
        ] {
            let images = try pushes.enumerated().map { index, pushed in
                try image("v\(index)", "one", pushed: pushed)
            }
            let listing = try findings(images + [image("other", "two"), image("bare", nil)])
                .listing(in: team, isWhole: true)
            #expect(listing.isWhole && listing.tags.count == 6)
            #expect(listing.tags.map(\.pushedAt?.milliseconds).prefix(4) == pushes[...])
            #expect(listing.manifests.map(\.pushedAt?.milliseconds) == [5, 1])
        }
    }

    @Test func aLaterPassMovesTagsAndTakesWhatIsGoneAway() throws {
        let first = try [image("moves", "old"), image("goes", "gone"), image("stays", "kept")]
        let second = try [image("moves", "new", pushed: 9), image("stays", "kept")]
        let found = findings(first + second)
        let names = Set(second.map(\.tag.name))
        let listing = try found.listing(of: names, in: team, isWhole: true)
        #expect(listing.tags.map(\.name.description) == ["moves", "stays"])
        #expect(Set(listing.tags.compactMap(\.digest)) == Set(listing.manifests.map(\.digest)))
        #expect(listing.manifests.count == 2)
        #expect(listing.tags.first?.pushedAt?.milliseconds == 9)
        // Where no pass was whole, all that was seen is told of.
        let all = try found.listing(in: team, isWhole: false)
        #expect(all.tags.map(\.name.description) == ["goes", "moves", "stays"])
        #expect(all.manifests.count == 3 && !all.isWhole)
        #expect(try found.listing(of: [], in: team, isWhole: true).tags.isEmpty)
    }

    @Test func listingsSurviveAsBytes() throws {
        let digest = Digest(hashing: Array("x".utf8))
        let time = Timestamp(milliseconds: 1_700_000_000_001)
        let name = try #require(TagName("v1"))
        let tags = [
            ListedTag(name: name, digest: nil),
            ListedTag(name: name, digest: digest, pushedAt: time, use: .never, isLocked: true),
            ListedTag(name: name, digest: nil, pushedAt: nil, use: .at(time)),
        ]
        #expect(Array(PackedList(tags)) == tags)
        let content = ManifestContent(
            mediaType: "application/vnd.oci.image.index.v1+json",
            blobs: [Descriptor(digest: digest, size: 3), Descriptor(digest: digest, size: nil)],
            children: [Descriptor(digest: Digest(hashing: []), size: 5)],
            subject: Digest(hashing: [1]),
            isIndex: true
        )
        let manifests = [
            ListedManifest(digest: digest),
            ListedManifest(
                digest: digest,
                mediaType: "text/plain",
                pushedAt: time,
                isLocked: true,
                content: content
            ),
            ListedManifest(digest: digest, content: ManifestContent(mediaType: "a/b")),
        ]
        #expect(Array(PackedList(manifests)) == manifests)
    }
}
