import AccessLedger
import RegistryModel
import Testing

/// Imported records count at their own time, and cover it (design, sections 5.1 and 5.2).
struct ImportTimeTests {
    private let scene: ImportScene

    init() async throws { scene = try await ImportScene() }

    @Test func anOldAccessDoesNotLookRecent() async throws {
        try await scene.fixture.record([
            scene.fixture.access(.push, "a", tag: "v1", at: scene.fixture.now - .days(9))
        ]
        )
        try scene.importing([[scene.use(.pull, "a", at: scene.past, key: 1)]])
        #expect(try await scene.fixture.tag("v1").lastAccess == scene.past)
        #expect(try await scene.fixture.manifest("a").lastAccess == scene.past)
        let recent = scene.fixture.now - .hours(1)
        try await scene.fixture.record([scene.fixture.access(.pull, "a", tag: "v1", at: recent)])
        try scene.importing([[scene.use(.pull, "a", at: scene.past + .hours(1), key: 2)]])
        #expect(try await scene.fixture.tag("v1").lastAccess == recent)
    }

    @Test func dropsWhatIsOlderThanTheHistory() async throws {
        let log = [
            scene.use(.pull, "a", at: scene.fixture.now - .days(8), key: 1),
            scene.use(.pull, "a", at: scene.fixture.now - .days(6), key: 2),
        ]
        let sums = try scene.importing([log], history: .days(7)).sums
        #expect(sums.accepted == 1 && sums.tooOld == 1)
        #expect(try await scene.fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
    }

    // A tag is known to have moved: lines that name only the tag are about what it pointed to then.
    @Test func creditsATagOnlyLineToWhatTheTagPointedToThen() async throws {
        try await scene.fixture.record([
            scene.fixture.access(.push, "old", tag: "v1", at: scene.past)
        ])
        try await scene.fixture.record([
            scene.fixture.access(.push, "new", tag: "v1", at: scene.past + .minutes(10))
        ])
        try scene.importing([
            [
                scene.use(at: scene.past + .minutes(5), key: 1),
                scene.use(at: scene.past + .minutes(15), key: 2),
                scene.use(at: scene.past + .minutes(16), key: 3),
            ]
        ])
        #expect(try await scene.fixture.manifest("old").inHistory.pulls == 1)
        #expect(try await scene.fixture.manifest("new").inHistory.pulls == 2)
        #expect(try await scene.fixture.tag("v1").inHistory.pulls == 3)
    }

    // The log's own pushes tell it, whichever comes first in a chunk.
    @Test func pushesOfTheLogTellWhereItsTagsPointed() async throws {
        try scene.importing([
            [
                scene.use(.push, "old", at: scene.past, key: 1),
                scene.use(at: scene.past + .minutes(5), key: 2),
                scene.use(.push, "new", at: scene.past + .minutes(10), key: 3),
                scene.use(at: scene.past + .minutes(15), key: 4),
            ]
        ])
        #expect(
            try await scene.fixture.manifest("old").inHistory == AccessCounts(pulls: 1, pushes: 1)
        )
        #expect(
            try await scene.fixture.manifest("new").inHistory == AccessCounts(pulls: 1, pushes: 1)
        )
        #expect(try await scene.fixture.tag("v1").manifest == scene.fixture.manifest("new").id)
        try await scene.fixture.expectSoundness()
    }

    // Before the first known time it may have been either.
    @Test func creditsEveryManifestThatItMayHaveBeen() async throws {
        try await scene.fixture.record([
            scene.fixture.access(.push, "b", tag: "v1", at: scene.fixture.now - .days(1))
        ]
        )
        try await scene.fixture.record([
            scene.fixture.access(.push, "c", tag: "v1", at: scene.fixture.now)
        ])
        try scene.importing([[scene.use(at: scene.past, key: 1)]])
        #expect(try await scene.fixture.manifest("b").inHistory.pulls == 1)
        #expect(try await scene.fixture.manifest("c").inHistory.pulls == 1)
    }

    // Else every old access of a tag that moves daily would be a move of its own.
    @Test func anOldTargetNeverBecomesThePresentOne() async throws {
        try await scene.fixture.record([
            scene.fixture.access(.push, "new", tag: "v1", at: scene.fixture.now)
        ])
        try scene.importing([
            (0..<3).map { scene.use(.pull, "old", at: scene.past + .hours($0), key: UInt64($0)) }
        ])
        #expect(try await scene.fixture.tag("v1").manifest == scene.fixture.manifest("new").id)
        #expect(try await scene.fixture.manifest("old").inHistory.pulls == 3)
    }

    @Test func passesOverAPushingClientsOwnChecksAcrossPieces() async throws {
        try scene.importing([
            [
                scene.use(.resolve, "a", at: scene.past, key: 1, agent: "docker/1"),
                scene.use(.resolve, "a", at: scene.past, key: 2, agent: "docker/2"),
            ],
            [scene.use(.push, "b", at: scene.past + .seconds(30), key: 3, agent: "docker/1")],
        ])
        #expect(try await scene.fixture.manifest("a").inHistory.resolves == 1)
        #expect(try await scene.fixture.tag("v1").inHistory == AccessCounts(resolves: 1, pushes: 1))
    }

    // Pushes of the scene.past are no pushes since the last cleanup.
    @Test func firesNoTriggerThatCountsPushes() async throws {
        try scene.importing([[scene.use(.push, "a", at: scene.past, key: 1)]])
        let pushes = try await scene.fixture.facts().pushes
        #expect(pushes == 0)
    }

    // MARK: Coverage

    @Test func coversTheHoursThatHoldLines() async throws {
        let hour = scene.past.startOfHour
        let importing = try scene.importing([
            [
                scene.use(.pull, "a", at: hour + .minutes(10), key: 1),
                scene.use(.pull, "a", at: hour + .minutes(70), key: 2),
                scene.use(.pull, "a", at: hour + .minutes(250), key: 3),
            ]
        ])
        let expected = [
            hour + .minutes(10)...hour + .hours(2), hour + .hours(4)...hour + .minutes(250),
        ]
        #expect(importing.covered == expected)
        #expect(try await scene.covered() == expected)
    }

    @Test func coversWhatSomebodyVouchesFor() async throws {
        let vouched = scene.fixture.now - .days(5)...scene.fixture.now - .days(2)
        try scene.importing([[scene.use(.pull, "a", at: scene.past, key: 1)]], vouched: vouched)
        #expect(try await scene.covered() == [vouched])
    }

    @Test func coversNoHourInWhichSomethingWasNotUnderstood() async throws {
        let hour = scene.past.startOfHour
        var doubts = ImportedDoubts()
        doubts.add(from: hour + .minutes(61), to: hour + .minutes(62))
        let log = (0..<3).map {
            scene.use(.pull, "a", at: hour + .minutes(Int64($0) * 60), key: UInt64($0))
        }
        try scene.importing([log], vouched: hour...hour + .hours(3), doubts: doubts)
        #expect(
            try await scene.covered() == [
                hour...hour + .hours(1), hour + .hours(2)...hour + .hours(3),
            ]
        )
    }
}
