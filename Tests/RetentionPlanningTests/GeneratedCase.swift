import RegistryModel
import RetentionPlanning
import Testing

/// A random world with a random request, the same for the same seed.
struct GeneratedCase {
    var world = World()
    var request: PlanRequest
    var coverage: [String: Coverage] = [:]
    /// Registries whose past 7 days are covered, known from how their coverage was made.
    var covered: Set<String> = []
    var random: SplitMix64

    init(seed: UInt64) throws {
        random = SplitMix64(state: seed)
        request = PlanRequest(policies: [], now: World.now)
        request.policies = Self.policies(&random)
        request.waivesEvidence = random.chance(10)
        request.sweepDefault = random.chance(20)
        if random.chance(20) { request.targets = [random.chance(50) ? .tags : .untagged] }
        if random.chance(15) { request.olderThan = .days(10) }
        let regretted = random.chance(15) ? RegretFacts.Kind.along : nil
        for registry in ["east", "west"] {
            cover(registry)
            for name in ["cache/one", "cache/two", "team/api"].prefix(random.chance(50) ? 2 : 3) {
                let repository = try world.repository(name, registry: registry)
                try fill(repository, registry)
                if random.chance(5) {
                    world.repositories[repository]?.unlisted =
                        .init(since: World.ago(.days(1)), why: "not permitted")
                }
                guard let regretted else { continue }
                request.regrets.append(
                    RegretFacts(
                        repository: repository,
                        kind: [regretted, .tag, .manifest].randomElement(using: &random)
                            ?? regretted,
                        policy: nil,
                        at: World.ago(.days(Int64.random(in: 1...12, using: &random)))
                    )
                )
            }
        }
    }

    private static func policies(_ random: inout SplitMix64) -> [Policy] {
        var keeps: [Policy.Keep] = [
            .init(accessed: .init(atLeast: 1, within: .days(7))),
            .init(accessed: .init(atLeast: 2, within: .days(7)), newest: 1),
            .init(pushedWithin: .zero, newest: 2),
            .init(
                pushedWithin: .days(2),
                tags: [NamePattern("v1*"), NamePattern("/keep-.+/")]
                    .compactMap(\.self)
            ),
            .init(isNone: true),
            .init(),
            .init(pushedWithin: .zero, versions: .init(majors: 1, minors: 2)),
            .init(labels: [LabelPattern("keep")].compactMap(\.self)),
        ]
        keeps.shuffle(using: &random)
        let patterns = ["cache/one", "cache/*", random.chance(50) ? "team/**" : "other"]
        return zip(patterns, keeps).map { pattern, keep in
            var policy = Policy(name: pattern, repositories: [Glob(pattern)], keep: keep)
            policy.untaggedAfter =
                [.zero, .hours(1), .days(3)].randomElement(using: &random) ?? .zero
            if random.chance(30) { policy.count = [.pull] }
            return policy
        }
    }

    private mutating func cover(_ registry: String) {
        let start = World.ago(.days(20))
        let gap = World.ago(.days(2))
        func broken(by span: Span) -> [CoveredSpan] {
            [CoveredSpan(from: start, to: gap), CoveredSpan(from: gap + span, to: World.now)]
        }
        let kind = Int.random(in: 0..<8, using: &random)
        var answer = Coverage(spans: broken(by: .minutes(5)), gapTolerance: .minutes(10))
        switch kind {
        case 0: answer.spans = broken(by: .minutes(11))
        case 1: answer.losses = [KnownLoss(from: gap, to: gap + .minutes(1))]
        case 2: answer.spans = []
        default: covered.insert(registry)
        }
        coverage[registry] = answer
    }

    private mutating func fill(_ repository: Int64, _ registry: String) throws {
        var ids: [Int64] = []
        for index in 0..<Int.random(in: 4...12, using: &random) {
            let facts = anyManifest(ids, registry)
            let id = try world.manifest(in: repository) { facts($0.id, &$0) }
            ids.append(id)
            for number in 0..<Int.random(in: 0...2, using: &random) {
                let name =
                    random.chance(25)
                    ? "\(index % 3).\(number).\(index)" : random.chance(20) ? "v1" : "t"
                try tag("\(name).\(index).\(number)", id, repository)
            }
            guard random.chance(25), let subject = ids.randomElement(using: &random) else {
                continue
            }
            let ending = ["", ".sig", ".att", ".sbom"].randomElement(using: &random) ?? ""
            let name = world.referrerTag(for: subject, ending: ending)
            guard
                !world.tags.values.contains(where: {
                    $0.name.description == name && $0.repository == repository
                })
            else { continue }
            try tag(name, id, repository)
        }
        let tagged = Set(world.tags.values.compactMap(\.manifest))
        for id in ids where !tagged.contains(id) && random.chance(80) {
            let since = moment()
            world.manifests[id]?.untaggedSince = since
        }
        if random.chance(10), let id = ids.randomElement(using: &random) {
            world.manifests[id]?.isLocked = true
        }
        guard random.chance(15), let id = ids.randomElement(using: &random) else { return }
        let reading: ManifestFacts.Reading = random.chance(50) ? .unread : .unreadable
        world.manifests[id]?.reading = reading
    }

    private mutating func moment() -> Timestamp {
        World.ago(.hours(Int64.random(in: random.chance(20) ? 0...30 : 40...900, using: &random)))
    }

    private mutating func counts() -> AccessCounts {
        guard random.chance(35) else { return AccessCounts() }
        return AccessCounts(
            pulls: Int.random(in: 0...2, using: &random),
            pushes: Int.random(in: 0...1, using: &random)
        )
    }

    private mutating func tag(_ name: String, _ manifest: Int64, _ repository: Int64) throws {
        let inWindow = counts()
        let seen = moment()
        let pushed = random.chance(60) ? moment() : nil
        let access = random.chance(60) ? moment() : nil
        try world.tag(name, on: random.chance(97) ? manifest : nil, in: repository) {
            $0.firstSeen = seen
            $0.pushedAt = pushed
            $0.lastAccess = access
            $0.inWindow = inWindow
            $0.inHistory = inWindow
        }
    }

    /// Times, accesses, content shared within the registry, and now and then links to `earlier`.
    private mutating func anyManifest(
        _ earlier: [Int64],
        _ registry: String
    ) -> (Int64, inout ManifestFacts) -> Void {
        let pool: Int64 = registry == "east" ? 10_000 : 20_000
        let layers = Set((0..<3).map { _ in Int64.random(in: 1...9, using: &random) })
        let inWindow = counts()
        let seen = moment()
        let pushed = random.chance(60) ? moment() : nil
        let access = random.chance(60) ? moment() : nil
        var children: Set<Int64> = []
        if random.chance(30) {
            children = Set((0..<3).compactMap { _ in earlier.randomElement(using: &random) })
        }
        // Mostly the latest, so that chains of referrers grow.
        let near = random.chance(60) ? earlier.last : earlier.randomElement(using: &random)
        let subject = random.chance(30) ? near : nil
        let labels = random.chance(30) ? [ImageLabel(key: "keep", value: "1")] : []
        let isUnlabelled = random.chance(20)
        return { id, facts in
            facts.labels = LabelFacts(labels: Set(labels), isIncomplete: isUnlabelled)
            facts.firstSeen = seen
            facts.pushedAt = pushed
            facts.lastAccess = access
            facts.inWindow = inWindow
            facts.inHistory = inWindow
            facts.children = children.sorted()
            facts.subject = subject
            facts.blobs = layers.sorted().map {
                BlobFacts(id: pool + $0, size: $0 * 1_000, references: 0)
            }
            facts.blobs.append(BlobFacts(id: 100_000 + id, size: 7, references: 0))
        }
    }
}
