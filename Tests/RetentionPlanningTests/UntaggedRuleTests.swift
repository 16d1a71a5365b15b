import RegistryModel
import RetentionPlanning
import Testing

/// One manifest without a tag under each rule.
struct UntaggedRuleTests {
    private var world = World()
    private let repository: Int64
    private let manifest: Int64

    init() throws {
        repository = try world.repository()
        manifest = try world.manifest(in: repository) { $0.untaggedSince = World.ago(.days(9)) }
    }

    private func kept(
        _ request: PlanRequest,
        coverage: [String: Coverage] = heardWhole()
    ) -> Reason? {
        let planner = plan(world, request, coverage: coverage)
        return planner.removedManifests.contains(manifest) ? nil : planner.keptReasons.keys.first
    }

    @Test func removesWhatHasNoTagAndNoUse() {
        let planner = plan(world, request(accessPolicy()))
        #expect(planner.items.map(\.reason) == [.untagged])
        #expect(planner.items.map(\.kind) == [.manifest])
        #expect(planner.items.first?.policy == "cache")
    }

    @Test func keepsWithoutAPolicyUnlessSweptByDefault() {
        #expect(kept(request()) == .noPolicy)
        #expect(kept(request(Policy(name: "empty"))) == .noKeepRule)
        let swept = plan(world, request { $0.sweepDefault = true })
        #expect(swept.items.map(\.policy) == [nil])
        #expect(swept.items.map(\.mode) == [.enforce])
    }

    @Test mutating func keepsWhereAnythingIsUnread() throws {
        try world.manifest(in: repository) { $0.reading = .unreadable }
        #expect(kept(request(accessPolicy())) == .repositoryUnreadable)
        #expect(kept(request(accessPolicy()) { $0.waivesEvidence = true }) == .repositoryUnreadable)
    }

    // What is known of it may be old: somebody may have tagged this since.
    @Test mutating func keepsWhatCouldNotBeListed() throws {
        world.repositories[repository]?.unlisted = .init(since: World.ago(.hours(1)), why: "403")
        #expect(kept(request(accessPolicy())) == .repositoryUnlisted)
        #expect(kept(request(accessPolicy()) { $0.waivesEvidence = true }) == .repositoryUnlisted)
    }

    @Test mutating func keepsTheContentOfAKeptIndex() throws {
        let index = try world.manifest(in: repository) { [manifest] in $0.children = [manifest] }
        try world.tag("index", on: index, in: repository) { $0.inWindow.pulls = 1 }
        #expect(
            plan(world, request(accessPolicy())).keptReasons == [.inKeptIndex: 1, .accessed: 1]
        )
    }

    @Test mutating func keepsTheReferrerOfAKeptManifest() throws {
        let subject = try world.manifest(in: repository)
        try world.tag("used", on: subject, in: repository) { $0.inWindow.pulls = 1 }
        world.manifests[manifest]?.subject = subject
        #expect(
            plan(world, request(accessPolicy())).keptReasons == [.referrerOfKept: 1, .accessed: 1]
        )
    }

    // What was known before is of another registry; here it may have come this minute.
    @Test func countsNothingAsOlderThanTheRegistryIsKnown() {
        func known(_ span: Span) -> [String: Coverage] {
            heardWhole().mapValues { coverage in
                var coverage = coverage
                coverage.knownSince = World.ago(span)
                return coverage
            }
        }
        #expect(kept(request(accessPolicy()), coverage: known(.hours(23))) == .freshPush)
        #expect(kept(request(accessPolicy()), coverage: known(.hours(25))) == nil)
        let patient = accessPolicy { $0.untaggedAfter = .days(2) }
        #expect(kept(request(patient), coverage: known(.hours(25))) == .untaggedRecently)
    }

    @Test mutating func keepsWhatIsFresh() {
        world.manifests[manifest]?.pushedAt = World.ago(.hours(2))
        #expect(kept(request(accessPolicy())) == .freshPush)
        world.manifests[manifest]?.pushedAt = World.ago(.days(2))
        world.manifests[manifest]?.untaggedSince = World.ago(.minutes(59))
        #expect(kept(request(accessPolicy())) == .untaggedRecently)
        #expect(kept(request(accessPolicy { $0.untaggedAfter = .minutes(59) })) == nil)
    }

    @Test mutating func keepsWhatIsUsedByDigest() {
        world.manifests[manifest]?.inWindow.pulls = 1
        #expect(kept(request(accessPolicy())) == .accessed)
        // The default rule protects where a policy has none.
        #expect(kept(request(Policy(name: "none", keep: .init(isNone: true)))) == .accessed)
    }

    @Test func keepsWhereTheWindowWasNotHeard() {
        #expect(kept(request(accessPolicy()), coverage: [:]) == .historyIncomplete)
        let none = Policy(name: "none", keep: .init(isNone: true))
        #expect(kept(request(none), coverage: [:]) == .historyIncomplete)
    }

    @Test mutating func nowWaivesEvidenceForTheUntaggedOnly() throws {
        world.manifests[manifest]?.pushedAt = World.now
        world.manifests[manifest]?.untaggedSince = World.now
        world.manifests[manifest]?.inWindow.pulls = 1
        let tag = try world.tag("t", on: world.manifest(in: repository), in: repository)
        let waived = request(accessPolicy()) { $0.waivesEvidence = true }
        let planner = plan(world, waived, coverage: [:])
        #expect(planner.removedManifests == [manifest])
        #expect(!planner.removedTags.contains(tag))
        #expect(planner.keptReasons == [.historyIncomplete: 1])
    }

    @Test func narrowsByAge() {
        #expect(kept(request(accessPolicy()) { $0.olderThan = .days(40) }) == .newerThanAsked)
    }
}
