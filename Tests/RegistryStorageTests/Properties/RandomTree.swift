import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// A tree of a few repositories that share what they hold, always the same for the same seed, and
/// what is known of it without reading it.
struct RandomTree {
    struct Manifest {
        var blobs: [Digest] = []
        var children: [Digest] = []
        var subject: Digest?
    }

    struct Repository {
        /// What is linked as a manifest.
        var revisions: Set<Digest> = []
        var tags: [String: Digest] = [:]
        /// Links to layers that no manifest asked for.
        var loose: Set<Digest> = []
    }

    let scene: TreeScene
    private(set) var repositories: [String: Repository] = [:]
    /// All manifests that were ever stored.
    private(set) var manifests: [Digest: Manifest] = [:]
    private var random: Dice

    static let seeds: ClosedRange<UInt64> = 1...25

    /// With `unlinks`, some manifests are held by an index without a link of their own.
    init(seed: UInt64, unlinks: Bool = false) throws {
        scene = try TreeScene()
        random = Dice(state: seed)
        let names = Array(["a", "a/b", "c", "d"].prefix(1 + random.below(4)))
        for name in names { repositories[name] = Repository() }
        for _ in 0..<(4 + random.below(12)) { try addImage(to: names[random.below(names.count)]) }
        for _ in 0..<random.below(5) { try addIndex(to: names[random.below(names.count)]) }
        for _ in 0..<random.below(4) { try addReferrer(to: names[random.below(names.count)]) }
        for _ in 0..<random.below(3) { try addSignature(to: names[random.below(names.count)]) }
        for _ in 0..<random.below(4) { try mount(in: names[random.below(names.count)]) }
        if unlinks { for name in names { try unlinkChild(in: name) } }
    }

    private static func layers(_ number: Int) -> [String] {
        ["pool \(number % 3)", "pool \(3 + number % 4)", "own \(number)"]
    }

    private mutating func note(
        _ image: StorageTree.Image,
        _ repository: String,
        _ tag: String?,
        subject: Digest? = nil
    ) {
        manifests[image.manifest] = Manifest(
            blobs: image.layers + [image.configuration],
            subject: subject
        )
        note(image.manifest, repository, tag)
    }

    private mutating func note(_ digest: Digest, _ repository: String, _ tag: String?) {
        repositories[repository]?.revisions.insert(digest)
        if let tag { repositories[repository]?.tags[tag] = digest }
    }

    private mutating func tag() -> String? {
        random.below(5) < 3 ? ["v1", "v2", "v3", "latest"][random.below(4)] : nil
    }

    /// One of a few images, which several repositories may have.
    private mutating func addImage(to repository: String) throws {
        let number = random.below(10)
        let tag = tag()
        let image = try scene.tree.addImage(
            repository,
            seed: "image \(number / 2)",
            layers: Self.layers(number),
            tag: tag
        )
        note(image, repository, tag)
    }

    private mutating func pick(in repository: String) -> Digest? {
        let all = (repositories[repository]?.revisions ?? []).sorted()
        return all.isEmpty ? nil : all[random.below(all.count)]
    }

    private mutating func addIndex(to repository: String) throws {
        let children = (0...random.below(3)).compactMap { _ in pick(in: repository) }
        guard !children.isEmpty else { return }
        let tag = tag()
        let index = try scene.tree.addIndex(repository, children, tag: tag)
        manifests[index] = Manifest(children: children)
        note(index, repository, tag)
    }

    private mutating func addReferrer(to repository: String) throws {
        guard let subject = pick(in: repository) else { return }
        let image = try scene.tree.addImage(
            repository,
            seed: "referrer",
            layers: ["pool 1"],
            subject: subject
        )
        note(image, repository, nil, subject: subject)
    }

    private mutating func addSignature(to repository: String) throws {
        guard let subject = pick(in: repository) else { return }
        let tag = "sha256-\(subject.encoded).sig"
        let image = try scene.tree.addImage(
            repository,
            seed: "signature",
            layers: ["signature of \(subject)"],
            tag: tag
        )
        note(image, repository, tag)
    }

    private mutating func mount(in repository: String) throws {
        let name = random.below(2) == 0 ? "pool \(random.below(7))" : "loose \(random.below(3))"
        let layer = try scene.tree.addBlob(StorageTree.layer(name, 64))
        try scene.tree.linkLayer(repository, layer)
        repositories[repository]?.loose.insert(layer)
    }

    /// As the collector of 2.8 does.
    private mutating func unlinkChild(in repository: String) throws {
        guard let content = repositories[repository] else { return }
        let children = content.revisions.flatMap { manifests[$0]?.children ?? [] }
            .filter { content.revisions.contains($0) && !content.tags.values.contains($0) }
            .sorted()
        guard !children.isEmpty else { return }
        let child = children[random.below(children.count)]
        repositories[repository]?.revisions.remove(child)
        try scene.remove([.revisionLink(TreeScene.repository(repository), child)])
    }

    /// Some images to remove, by tag, by digest, or repositories as a whole.
    mutating func choose(wholes: Bool) throws -> [ImageReference] {
        var images: [ImageReference] = []
        for (name, content) in repositories.sorted(by: { $0.key < $1.key }) {
            let isThere = !content.revisions.isEmpty || !content.loose.isEmpty
            if wholes, isThere, random.below(4) == 0 { images.append(try TreeScene.image(name)) }
            for tag in content.tags.keys.sorted() where random.below(3) == 0 {
                images.append(try TreeScene.image("\(name):\(tag)"))
            }
            for digest in content.revisions.sorted() where random.below(5) == 0 {
                images.append(try TreeScene.image("\(name)@\(digest)"))
            }
        }
        return images
    }
}

/// What must hold, worked out from what was written.
extension RandomTree {
    /// All that `roots` hold in a repository: what indexes hold, and referrers.
    func closure(_ roots: some Sequence<Digest>, in repository: String) -> Set<Digest> {
        var found = Set(roots)
        var waiting = Array(found)
        let revisions = repositories[repository]?.revisions ?? []
        while let digest = waiting.popLast() {
            let referrers = revisions.filter { manifests[$0]?.subject == digest }
            for next in (manifests[digest]?.children ?? []) + referrers
            where found.insert(next).inserted {
                waiting.append(next)
            }
        }
        return found
    }

    /// The content that manifests are and refer to.
    func content(_ digests: Set<Digest>) -> Set<Digest> {
        digests.union(digests.flatMap { manifests[$0]?.blobs ?? [] })
    }

    /// What tags hold, by repository.
    var tagged: [String: Set<Digest>] {
        Dictionary(
            uniqueKeysWithValues: repositories.map {
                ($0.key, closure($0.value.tags.values, in: $0.key))
            }
        )
    }

    var stored: Set<Digest> { RegistryDisk(scene.folder.path).blobs }
}

/// SplitMix64.
struct Dice {
    var state: UInt64

    mutating func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ mixed >> 31) % UInt64(count))
    }
}
