import RegistryModel

/// What a walk over repositories found: their manifests, tags and uploads, and what is doubtful.
///
/// Repositories are numbered by their place in `places`, digests by `table`.
struct Survey: Sendable {
    struct Revision: Sendable {
        var repository: UInt32
        var manifest: UInt32
        var linkBytes: Int64
        var modified: Timestamp
    }

    struct Tag: Sendable {
        var repository: UInt32
        var manifest: UInt32
        var name: TagName
        var isCondemned = false
    }

    var places: [RepositoryPlace]
    var table = DigestTable()
    /// By repository, then by digest.
    var revisions: [Revision] = []
    /// By repository, then by name.
    var tags: [Tag] = []
    /// Manifests of which only a revision's folder is left.
    var leftOvers = NumberSet()
    var uploads: [PendingUpload] = []
    var emptyFolders: [EmptyFolder] = []
    var doubts: [Doubt] = []
    /// What is kept for doubtful repositories, beside what they link as layers.
    var extras: [(repository: UInt32, digest: PackedDigest)] = []
    private(set) var doubtful: [Bool]
    /// The newest layer link and upload.
    var newest: [Timestamp?]
    /// Whether something else than manifests was found: layers, uploads, folders.
    var holdsMore: [Bool]
    var hidesReferences = false

    init(places: [RepositoryPlace]) {
        self.places = places
        doubtful = Array(repeating: false, count: places.count)
        newest = Array(repeating: nil, count: places.count)
        holdsMore = Array(repeating: false, count: places.count)
        for (index, place) in places.enumerated() where place.name == nil {
            doubtful[index] = true
        }
    }

    /// Notes a doubt, and what is kept for it.
    mutating func note(_ doubt: Doubt, repository: UInt32?) {
        doubts.append(doubt)
        guard doubt.extent != .entry else { return }
        // What hides references may hide tags and indexes, too.
        if let repository { doubtful[Int(repository)] = true }
        if doubt.extent == .registry { hidesReferences = true }
    }

    mutating func noteNewest(_ moment: Timestamp, repository: UInt32) {
        newest[Int(repository)] = max(newest[Int(repository)] ?? moment, moment)
    }

    /// Takes tags as gone; what was condemned before is to be among them.
    mutating func condemn(_ condemned: Set<TagKey>) {
        guard !condemned.isEmpty else { return }
        for index in tags.indices {
            guard let name = places[Int(tags[index].repository)].name else { continue }
            let key = TagKey(repository: name, tag: tags[index].name)
            tags[index].isCondemned = condemned.contains(key)
        }
    }

    /// The part of `list` that belongs to a repository; `list` is sorted by repository.
    static func range<Entry>(
        of repository: UInt32,
        in list: [Entry],
        _ key: (Entry) -> UInt32
    ) -> Range<Int> {
        let start = list.partitioningIndex { key($0) >= repository }
        let end = list.partitioningIndex { key($0) > repository }
        return start..<end
    }

    func revisionRange(_ repository: UInt32) -> Range<Int> {
        Self.range(of: repository, in: revisions) { $0.repository }
    }

    func tagRange(_ repository: UInt32) -> Range<Int> {
        Self.range(of: repository, in: tags) { $0.repository }
    }
}

extension Array {
    /// Where the elements begin for which `belongs` holds; they follow all others.
    func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
