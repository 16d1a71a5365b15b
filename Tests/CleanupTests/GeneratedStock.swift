import AccessLedger
import RegistryModel
import RetentionPlanning
import TestSupport
import Testing

@testable import Cleanup

/// A ledger with many small repositories of images that hold and belong to each other.
final class GeneratedStock {
    struct Image: Hashable {
        var repository: RepositoryName
        var tag: TagName?
        var digest: Digest
    }

    let target: CleanupTarget
    let explainer: Explainer
    private(set) var images: [Image] = []

    private let folder: TemporaryFolder
    private let ledger: Ledger
    private let planMaker: PlanMaker
    private let now: Timestamp
    private var random = SplitMix64(state: 7)
    private var keys: UInt64 = 0

    private static let start = Timestamp(milliseconds: 1_772_600_767_000)

    init(repositories: Int) async throws {
        folder = try TemporaryFolder()
        let path = folder.path
        ledger = try Ledger(path: path + "/ledger.sqlite")
        let row = try await ledger.registry(named: "local")
        let client = StorageClient(path: path)
        target = CleanupTarget(row: row, client: client, probeClient: client, url: "")
        let now = Self.start + .days(10)
        self.now = now
        let policy = Policy(
            name: "unused",
            keep: .init(accessed: .init(atLeast: 1, within: .days(5)), pushedWithin: .zero),
            untaggedAfter: .zero,
            mode: .enforce
        )
        planMaker = PlanMaker(ledger: ledger, policies: [policy], history: .days(30))
        explainer = Explainer(ledger: ledger, planMaker: planMaker, now: { now })
        for number in 0..<repositories {
            try await fill(try #require(RepositoryName("team/r\(number)")))
        }
        try await ledger.trust(row, from: Self.start - .days(9), until: now, readAt: now)
    }

    /// What a plan over everything removes.
    func plan() async throws -> Set<Image> {
        var draft = try await planMaker.draft(
            CleanupScope(),
            over: [target],
            modes: [.enforce],
            now: now
        )
        var planned: Set<Image> = []
        draft.items.drain { item in
            guard let digest = item.digest else { return }
            if let tag = item.tag {
                planned.insert(Image(repository: item.repository, tag: tag, digest: digest))
            }
            if item.tag == nil || item.removesManifest {
                planned.insert(Image(repository: item.repository, tag: nil, digest: digest))
            }
        }
        return planned
    }

    private func fill(_ repository: RepositoryName) async throws {
        var digests: [Digest] = []
        var accesses: [Access] = []
        for number in 0..<Int.random(in: 2...7, using: &random) {
            let digest = Digest(hashing: Array("\(repository) \(number)".utf8))
            images.append(Image(repository: repository, tag: nil, digest: digest))
            accesses.append(access(.push, repository, digest, nil))
            for tag in try tags(number, after: digests) {
                images.append(Image(repository: repository, tag: tag, digest: digest))
                accesses.append(access(.push, repository, digest, tag))
                if chance(20) { accesses.append(access(.pull, repository, digest, tag)) }
            }
            if chance(10) { accesses.append(access(.pull, repository, digest, nil)) }
            digests.append(digest)
        }
        try await record(accesses)
        let isRead = chance(90)
        for (index, digest) in digests.enumerated() where isRead || index > 0 {
            try await store(digest, of: repository, after: Array(digests[..<index]))
        }
    }

    /// Ordinary tags, and now and then one that is named for an earlier manifest.
    private func tags(_ number: Int, after earlier: [Digest]) throws -> [TagName] {
        var names = (0..<Int.random(in: 0...2, using: &random)).map { "v\(number).\($0)" }
        if chance(30), let subject = earlier.randomElement(using: &random) {
            let ending = ["", ".sig", ".att"][number % 3]
            names.append("\(subject.algorithm)-\(subject.encoded)\(ending)")
        }
        let known = Set(images.suffix(40).compactMap { $0.tag?.description })
        return try names.filter { !known.contains($0) || $0.hasPrefix("v") }
            .map { try #require(TagName($0)) }
    }

    /// Stores what a manifest refers to: now and then earlier ones, as children or as its subject.
    private func store(
        _ digest: Digest,
        of repository: RepositoryName,
        after earlier: [Digest]
    ) async throws {
        var children: Set<Digest> = []
        if chance(40) {
            children = Set((0..<2).compactMap { _ in earlier.randomElement(using: &random) })
        }
        let subject = chance(35) ? earlier.randomElement(using: &random) : nil
        let image = try await ledger.image(repository, tag: nil, digest: digest, in: target.row)
        let content = ManifestContent(
            mediaType: children.isEmpty ? MediaType.ociManifest : MediaType.ociIndex,
            blobs: [],
            children: children.map { Descriptor(digest: $0, size: 1) },
            subject: subject,
            isIndex: !children.isEmpty
        )
        try await ledger.store(
            [(id: try #require(image?.manifestId), content: content, size: 100)],
            of: target.row,
            at: Self.start
        )
    }

    private func record(_ accesses: [Access]) async throws {
        var body = DecodedBody()
        body.accesses = accesses.sorted { $0.time < $1.time }
        let received = Self.start + .days(9)
        _ = try ledger.record(
            [Delivery(registry: target.row, source: .events, body: body, receivedAt: received)],
            ignoring: AccessIgnoreList(),
            now: received
        )
    }

    /// Pushes were long ago, and pulls lately.
    private func access(
        _ accessClass: AccessClass,
        _ repository: RepositoryName,
        _ digest: Digest,
        _ tag: TagName?
    ) -> Access {
        keys += 1
        let minutes = Span.minutes(Int64(keys % 500))
        return Access(
            key: EventKey(high: 1, low: keys),
            time: (accessClass == .push ? Self.start : Self.start + .days(8)) + minutes,
            class: accessClass,
            repository: repository,
            digest: digest,
            tag: tag,
            address: "10.0.0.1",
            userAgent: "containerd/v2.0.2",
            instance: "a"
        )
    }

    private func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }
}

/// A small generator with a seed, so that every run sees the same stock.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
