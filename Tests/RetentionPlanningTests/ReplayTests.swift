import RegistryModel
import RetentionPlanning
import Testing

/// A policy replayed over a made-up past of thirty days.
struct ReplayTests {
    private static let start = World.now.startOfHour - .days(30)
    private static let coverage = [
        "local": Coverage(spans: [CoveredSpan(from: start - .days(30), to: World.now)])
    ]
    private var tags: [RepositoryPast.Tag] = []
    private var manifests: [RepositoryPast.Manifest] = []
    private var missed: [RepositoryPast.Missed] = []

    private static func day(_ count: Int64) -> Timestamp { start + .days(count) }

    private static func hour(
        _ time: Timestamp,
        pulls: Int = 0,
        pushes: Int = 0
    ) -> RepositoryPast.Hour {
        RepositoryPast.Hour(
            hour: time.hour,
            counts: AccessCounts(pulls: pulls, pushes: pushes),
            lastAt: time
        )
    }

    /// An image that was there for ten days before the start.
    private mutating func add(
        _ id: Int64,
        _ name: String?,
        pulled days: [Int64] = [],
        pushed: Int64 = -10,
        gone: Int64? = nil,
        blobs: [BlobFacts] = []
    ) throws {
        let digest = Digest(hashing: Array("\(id)".utf8))
        let since = Self.day(pushed)
        let hours =
            [Self.hour(since, pushes: 1)] + days.map { Self.hour(Self.day($0), pulls: 1) }
        var manifest = RepositoryPast.Manifest(
            id: id,
            digest: digest,
            reading: .read,
            firstSeen: since
        )
        manifest.pushedAt = since
        manifest.goneAt = gone.map(Self.day)
        manifest.blobs = blobs
        manifest.hours = hours
        manifests.append(manifest)
        guard let name else { return }
        var moves = [RepositoryPast.Tag.Move(since: since, manifest: id)]
        if let gone { moves.append(.init(since: Self.day(gone), manifest: nil)) }
        tags.append(
            RepositoryPast.Tag(
                id: 1_000 + id,
                name: try #require(TagName(name)),
                firstSeen: since,
                pushedAt: since,
                moves: moves,
                hours: hours
            )
        )
    }

    private func replay(
        _ policy: Policy = accessPolicy(),
        coverage: [String: Coverage] = ReplayTests.coverage,
        days: Int64 = 30
    ) throws -> Replay {
        let name = try #require(RepositoryName("team/api"))
        let facts = RepositoryFacts(id: 1, registry: "local", name: name)
        var replay = Replay(
            past: RepositoryPast(
                facts: facts,
                tags: tags,
                manifests: manifests,
                missed: missed
            ),
            request: PlanRequest(policies: [policy], now: World.now),
            coverage: coverage
        )
        for day in 0...days { replay.step(at: Self.day(day)) }
        return replay
    }

    @Test mutating func removesWhatNobodyUsedOnTheFirstDay() throws {
        let shared = BlobFacts(id: 9, size: 100, references: 2)
        try add(1, "old", blobs: [BlobFacts(id: 1, size: 7, references: 1), shared])
        try add(2, "used", pulled: [-1, 5, 11, 17, 23, 29], blobs: [shared])
        let removals = try replay().removals
        #expect(removals.map(\.item.tag?.description) == ["old"])
        #expect(removals.first?.at == Self.day(0))
        #expect(removals.first?.item.bytes == 7)
        #expect(removals.first?.asked == nil)
    }

    // Pulled until day 3 and then again on day 20: gone on day 11, missed on day 20.
    @Test mutating func tellsWhatWasAskedForLater() throws {
        try add(1, "slow", pulled: [-2, 3, 20, 21])
        let removal = try #require(try replay().removals.first)
        #expect(removal.at == Self.day(11))
        #expect(removal.item.lastAccess == Self.day(3))
        let asked = try #require(removal.asked)
        #expect(asked.count == 2)
        #expect(asked.first == Self.day(20))
        #expect(asked.last == Self.day(21))
    }

    // A last pull that is told today was the last one on each day since it.
    @Test mutating func aToldLastPullAnswersForTheTimeSinceThen() throws {
        for (id, last) in [(1, 3), (2, nil), (3, 29)] as [(Int64, Int64?)] {
            try add(id, "v\(id)")
            let told = ToldFacts(at: World.now, lastPull: last.map { Self.day($0) })
            tags[tags.count - 1].told = told
        }
        try add(4, "untold")
        let removals = try replay(coverage: [:]).removals
        #expect(removals.map(\.item.tag?.description) == ["v2", "v1"])
        #expect(removals.map(\.at) == [Self.day(0), Self.day(11)])
        tags[0].pushedAt = Self.day(20)
        // A push counts, too.
        let pushed = try replay(coverage: [:]).removals.first { $0.item.tagID == tags[0].id }
        #expect(pushed?.at == Self.day(28))
    }

    // It went in truth, too, so what came then was no access, but a regret.
    @Test mutating func countsWhatWasReallyMissed() throws {
        try add(1, "old", gone: 12)
        missed = [
            .init(
                tag: TagName("old"),
                digest: nil,
                first: Self.day(13),
                last: Self.day(14),
                count: 5
            ),
            .init(
                tag: TagName("other"),
                digest: nil,
                first: Self.day(13),
                last: Self.day(13),
                count: 1
            ),
        ]
        let removal = try #require(try replay().removals.first)
        #expect(removal.at == Self.day(0))
        #expect(removal.asked?.count == 5)
        #expect(removal.asked?.first == Self.day(13) && removal.asked?.last == Self.day(14))
    }

    // What somebody pushed again is there again: its pulls are no regret, and it can go once more.
    @Test mutating func aPushBringsItBack() throws {
        try add(1, "nightly")
        tags[0].moves.append(.init(since: Self.day(5), manifest: 1))
        tags[0].hours += [Self.hour(Self.day(5), pushes: 1), Self.hour(Self.day(6), pulls: 3)]
        manifests[0].hours = tags[0].hours
        let removals = try replay().removals
        #expect(removals.map(\.at) == [Self.day(0), Self.day(14)])
        #expect(removals.map(\.backAt) == [Self.day(5), nil])
        #expect(removals.allSatisfy { $0.asked == nil })
    }

    @Test mutating func knowsOnlyWhatWasThereThen() throws {
        try add(1, "young", pushed: 25)
        try add(2, "gone", gone: -1)
        #expect(try replay().removals.isEmpty)
    }

    // Without the window before it, silence proves nothing: as for any plan.
    @Test mutating func removesNothingThatWasNotHeardWhole() throws {
        try add(1, "old")
        let late = Coverage(spans: [CoveredSpan(from: Self.start, to: World.now)])
        #expect(try replay(coverage: [:]).removals.isEmpty)
        #expect(try replay(coverage: ["local": late]).removals.map(\.at) == [Self.day(7)])
    }

    @Test mutating func sweepsAManifestAfterItsTagMovedOn() throws {
        try add(1, "v1")
        try add(2, nil, pushed: 4)
        tags[0].moves.append(.init(since: Self.day(4), manifest: 2))
        tags[0].hours.append(Self.hour(Self.day(4), pushes: 1))
        let policy = Policy(name: "p", keep: .init(newest: 1))
        let removals = try replay(policy).removals
        #expect(removals.map(\.item.reason) == [.untagged])
        #expect(removals.map(\.item.manifestID) == [1])
        #expect(removals.first?.at == Self.day(5))
    }

    @Test mutating func anIndexAndItsChildrenGoAsOne() throws {
        try add(1, nil, pulled: [12])
        try add(2, "multi")
        manifests[1].children = [manifests[0].digest]
        let removals = try replay(accessPolicy(), days: 20).removals
        // The pull of the child on day 12 counts for the index, but that had gone before.
        #expect(removals.map(\.item.reason) == [.notAccessed, .removedWithIndex])
        #expect(removals.map(\.at) == [Self.day(0), Self.day(0)])
        #expect(removals.map { $0.asked?.count } == [nil, 1])
    }
}
