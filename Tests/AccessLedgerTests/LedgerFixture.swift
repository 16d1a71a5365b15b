import AccessLedger
import Foundation
import RegistryModel
import TestSupport
import Testing

/// A ledger in a folder of its own, with one registry and a clock that is moved by hand.
final class LedgerFixture {
    let folder: TemporaryFolder
    let ledger: Ledger
    let registry: RegistryRow
    var now = Timestamp(milliseconds: 1_772_600_767_000)
    /// The same moment by the machine's own time.
    var machine = MachineMoment(boot: "first", uptime: 500_000)
    private var keys: UInt64 = 0

    init() async throws {
        folder = try TemporaryFolder()
        ledger = try Ledger(path: folder.path + "/ledger.sqlite")
        registry = try await ledger.registry(named: "local")
    }

    static let repository = RepositoryName("team/api") ?? RepositoryName.anything

    static func digest(_ seed: String) -> Digest { Digest(hashing: Array(seed.utf8)) }

    /// An access with a key of its own.
    func access(
        _ accessClass: AccessClass,
        _ seed: String? = nil,
        tag: String? = nil,
        at time: Timestamp? = nil,
        agent: String? = "containerd/v2.0.2",
        address: String? = "10.0.0.1",
        instance: String? = "a",
        isSecondGranular: Bool = false
    ) -> Access {
        keys += 1
        return Access(
            key: EventKey(high: 1, low: keys),
            time: time ?? now,
            class: accessClass,
            repository: Self.repository,
            digest: seed.map(Self.digest),
            tag: tag.flatMap { TagName($0) },
            address: address,
            userAgent: agent,
            instance: instance,
            isSecondGranular: isSecondGranular
        )
    }

    @discardableResult
    func record(
        _ accesses: [Access],
        from source: AccessSource = .events,
        rejections: [DecodedBody.Rejection] = [],
        ignoring: AccessIgnoreList = AccessIgnoreList(),
        isHearsay: Bool = false,
        provenAt: Timestamp? = nil,
        in other: Ledger? = nil
    ) async throws -> RecordedBatch {
        var body = DecodedBody()
        body.accesses = accesses
        body.rejections = rejections
        body.isHearsay = isHearsay
        body.provenAt = provenAt
        return try (other ?? ledger).record(
            [Delivery(registry: registry, source: source, body: body, receivedAt: now)],
            ignoring: ignoring,
            now: now
        )
    }

    /// Sends a probe five minutes later and, where an instance is given, lets it come back.
    func probe(
        _ name: String,
        mediaType: String = MediaType.ociManifest,
        through instance: String? = "a",
        in other: Ledger? = nil
    ) async throws {
        now = now + .minutes(5)
        let ledger = other ?? ledger
        try await ledger.probeSent(name, to: registry, mediaType: mediaType, at: now)
        try await ledger.probeAnswered(name, at: now, failure: nil, isGap: false)
        guard let instance else { return }
        let agent = OwnUserAgent.probe(name)
        try await record([access(.resolve, "a", agent: agent, instance: instance)], in: ledger)
    }

    /// Records accesses in one commit with a delivery for a registry that is not there, which fails.
    func record(_ accesses: [Access], followedBy unknown: RegistryRow) async throws {
        var body = DecodedBody()
        body.accesses = accesses
        var foreign = DecodedBody()
        foreign.accesses = [access(.pull, "a")]
        _ = try ledger.record(
            [
                Delivery(registry: registry, source: .events, body: body, receivedAt: now),
                Delivery(registry: unknown, source: .events, body: foreign, receivedAt: now),
            ],
            ignoring: AccessIgnoreList(),
            now: now
        )
    }

    /// What the ledger counts for a tag over all of its history.
    func tag(_ name: String) async throws -> TagFacts {
        let image = try #require(
            try await ledger.image(
                Self.repository,
                tag: TagName(name),
                digest: nil,
                in: registry
            )
        )
        let id = try #require(image.tagId)
        let slice = try await ledger.slice(of: [.tag(id)], rule: Self.everything)
        return try #require(slice.tags[id])
    }

    func manifest(_ seed: String) async throws -> ManifestFacts {
        let image = try #require(
            try await ledger.image(
                Self.repository,
                tag: nil,
                digest: Self.digest(seed),
                in: registry
            )
        )
        let id = try #require(image.manifestId)
        let slice = try await ledger.slice(
            of: [.untagged(id, repository: image.repositoryId)],
            rule: Self.everything
        )
        return try #require(slice.manifests[id])
    }

    func facts() async throws -> RepositoryFacts {
        try #require(try await ledger.repositories(of: registry).first)
    }

    /// Stores what manifests refer to: configuration and layers by seed, children by seed.
    func store(
        _ seed: String,
        blobs: [String: Int64] = [:],
        children: [String] = [],
        subject: String? = nil,
        size: Int64 = 100
    ) async throws {
        let image = try #require(
            try await ledger.image(
                Self.repository,
                tag: nil,
                digest: Self.digest(seed),
                in: registry
            )
        )
        let content = ManifestContent(
            mediaType: children.isEmpty ? MediaType.ociManifest : MediaType.ociIndex,
            blobs: blobs.map { Descriptor(digest: Self.digest($0.key), size: $0.value) },
            children: children.map { Descriptor(digest: Self.digest($0), size: 1) },
            subject: subject.map(Self.digest),
            isIndex: !children.isEmpty
        )
        try await ledger.store(
            [(id: try #require(image.manifestId), content: content, size: size)],
            of: registry,
            at: now
        )
    }

    /// The verifier finds no wrong counter.
    func expectSoundness() async throws {
        #expect(try await ledger.verify() == [])
    }

    static let everything: @Sendable (RepositoryFacts) -> SliceRule = { _ in
        SliceRule(tagWindow: 0, untaggedWindow: 0, newest: 10)
    }
}

extension RepositoryName {
    /// For the compiler only: the literal beside it is valid.
    static var anything: RepositoryName {
        guard let name = RepositoryName("a") else { preconditionFailure("`a` is a valid name") }
        return name
    }
}
