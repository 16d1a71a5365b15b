import AccessLedger
import RegistryModel
import Testing

/// Old logs enter the history: each record once, at its own time (design, sections 5.1 and 5.2).
struct ImportTests {
    private let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    private var past: Timestamp { fixture.now - .days(3) }

    private func covered() async throws -> [ClosedRange<Timestamp>] {
        let record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: Timestamp(milliseconds: 0)
        )
        return record.covered.compactMap { stretch in stretch.to.map { stretch.from...$0 } }
    }

    // MARK: Once

    @Test func countsALogOnceHoweverOftenItIsImported() async throws {
        let log = (0..<10).map {
            fixture.logged(.pull, "a", at: past + .seconds(Int64($0)), key: UInt64($0))
        }
        #expect(try fixture.importing([log]).sums.accepted == 10)
        // In other pieces, as a log that was compressed meanwhile.
        let again = try fixture.importing([Array(log[..<3]), Array(log[3...])]).sums
        #expect(again.accepted == 0 && again.duplicates == 10)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 10))
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(pulls: 10))
        try await fixture.expectSoundness()
    }

    @Test func countsWhatWasHeardBeforeOnce() async throws {
        let log = (0..<4).map {
            fixture.logged(.pull, "a", at: past + .seconds(Int64($0)), key: UInt64($0))
        }
        try await fixture.record(Array(log[..<2]), from: .log)
        let sums = try fixture.importing([log]).sums
        #expect(sums.accepted == 2 && sums.duplicates == 2)
        // And what was imported is not heard again.
        let answers = try await fixture.record(log, from: .log).answers
        #expect(answers == [DeliveryAnswer(duplicates: 4)])
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 4))
    }

    // Keys of what is heard are kept for seven days, of what is imported as long as it counts.
    @Test func remembersImportedRecordsAsLongAsTheyCount() async throws {
        let log = [fixture.logged(.pull, "a", at: fixture.now - .days(20), key: 1)]
        try fixture.importing([log])
        _ = try await fixture.ledger.rollOff(history: .days(30), now: fixture.now)
        #expect(try fixture.importing([log]).sums.duplicates == 1)
        #expect(try await fixture.record(log, from: .log).answers == [.init(duplicates: 1)])
    }

    // Three equal requests of one second: all count, wherever the log is cut, and only once.
    @Test(arguments: [[3], [1, 2], [2, 1], [1, 1, 1]])
    func countsEqualLinesOfOneLogApart(pieces: [Int]) async throws {
        let chunks = pieces.map { count in
            (0..<count).map { ordinal in
                var access = fixture.logged(.pull, "a", at: past, key: 1)
                if ordinal > 0 { access.key = access.key.repeated(UInt64(ordinal)) }
                return access
            }
        }
        #expect(try fixture.importing(chunks).sums.accepted == 3)
        #expect(try fixture.importing(chunks.reversed()).sums.duplicates == 3)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 3))
    }

    @Test func manyEqualLinesTakeNoLonger() throws {
        let chunk = (0..<2_000).map { ordinal in
            var access = fixture.logged(.pull, "a", at: past, key: 1)
            access.key = access.key.repeated(UInt64(ordinal))
            return access
        }
        let sums = try fixture.importing(Array(repeating: chunk, count: 20)).sums
        #expect(sums.accepted == 40_000)
    }

    // MARK: At its own time

    @Test func anOldAccessDoesNotLookRecent() async throws {
        try await fixture.record([fixture.access(.push, "a", tag: "v1", at: fixture.now - .days(9))]
        )
        try fixture.importing([[fixture.logged(.pull, "a", at: past, key: 1)]])
        #expect(try await fixture.tag("v1").lastAccess == past)
        #expect(try await fixture.manifest("a").lastAccess == past)
        let recent = fixture.now - .hours(1)
        try await fixture.record([fixture.access(.pull, "a", tag: "v1", at: recent)])
        try fixture.importing([[fixture.logged(.pull, "a", at: past + .hours(1), key: 2)]])
        #expect(try await fixture.tag("v1").lastAccess == recent)
    }

    @Test func dropsWhatIsOlderThanTheHistory() async throws {
        let log = [
            fixture.logged(.pull, "a", at: fixture.now - .days(8), key: 1),
            fixture.logged(.pull, "a", at: fixture.now - .days(6), key: 2),
        ]
        let sums = try fixture.importing([log], history: .days(7)).sums
        #expect(sums.accepted == 1 && sums.tooOld == 1)
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1))
    }

    // A tag is known to have moved: lines that name only the tag are about what it pointed to then.
    @Test func creditsATagOnlyLineToWhatTheTagPointedToThen() async throws {
        try await fixture.record([fixture.access(.push, "old", tag: "v1", at: past)])
        try await fixture.record([
            fixture.access(.push, "new", tag: "v1", at: past + .minutes(10))
        ])
        try fixture.importing([
            [
                fixture.logged(at: past + .minutes(5), key: 1),
                fixture.logged(at: past + .minutes(15), key: 2),
                fixture.logged(at: past + .minutes(16), key: 3),
            ]
        ])
        #expect(try await fixture.manifest("old").inHistory.pulls == 1)
        #expect(try await fixture.manifest("new").inHistory.pulls == 2)
        #expect(try await fixture.tag("v1").inHistory.pulls == 3)
    }

    // The log's own pushes tell it, whichever comes first in a chunk.
    @Test func pushesOfTheLogTellWhereItsTagsPointed() async throws {
        try fixture.importing([
            [
                fixture.logged(.push, "old", at: past, key: 1),
                fixture.logged(at: past + .minutes(5), key: 2),
                fixture.logged(.push, "new", at: past + .minutes(10), key: 3),
                fixture.logged(at: past + .minutes(15), key: 4),
            ]
        ])
        #expect(try await fixture.manifest("old").inHistory == AccessCounts(pulls: 1, pushes: 1))
        #expect(try await fixture.manifest("new").inHistory == AccessCounts(pulls: 1, pushes: 1))
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("new").id)
        try await fixture.expectSoundness()
    }

    // Before the first known time it may have been either.
    @Test func creditsEveryManifestThatItMayHaveBeen() async throws {
        try await fixture.record([fixture.access(.push, "b", tag: "v1", at: fixture.now - .days(1))]
        )
        try await fixture.record([fixture.access(.push, "c", tag: "v1", at: fixture.now)])
        try fixture.importing([[fixture.logged(at: past, key: 1)]])
        #expect(try await fixture.manifest("b").inHistory.pulls == 1)
        #expect(try await fixture.manifest("c").inHistory.pulls == 1)
    }

    // Else every old access of a tag that moves daily would be a move of its own.
    @Test func anOldTargetNeverBecomesThePresentOne() async throws {
        try await fixture.record([fixture.access(.push, "new", tag: "v1", at: fixture.now)])
        try fixture.importing([
            (0..<3).map { fixture.logged(.pull, "old", at: past + .hours($0), key: UInt64($0)) }
        ])
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("new").id)
        #expect(try await fixture.manifest("old").inHistory.pulls == 3)
    }

    @Test func passesOverAPushingClientsOwnChecksAcrossPieces() async throws {
        try fixture.importing([
            [
                fixture.logged(.resolve, "a", at: past, key: 1, agent: "docker/1"),
                fixture.logged(.resolve, "a", at: past, key: 2, agent: "docker/2"),
            ],
            [fixture.logged(.push, "b", at: past + .seconds(30), key: 3, agent: "docker/1")],
        ])
        #expect(try await fixture.manifest("a").inHistory.resolves == 1)
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(resolves: 1, pushes: 1))
    }

    // Pushes of the past are no pushes since the last cleanup.
    @Test func firesNoTriggerThatCountsPushes() async throws {
        try fixture.importing([[fixture.logged(.push, "a", at: past, key: 1)]])
        let pushes = try await fixture.facts().pushes
        #expect(pushes == 0)
    }

    // MARK: Coverage

    @Test func coversTheHoursThatHoldLines() async throws {
        let hour = past.startOfHour
        let importing = try fixture.importing([
            [
                fixture.logged(.pull, "a", at: hour + .minutes(10), key: 1),
                fixture.logged(.pull, "a", at: hour + .minutes(70), key: 2),
                fixture.logged(.pull, "a", at: hour + .minutes(250), key: 3),
            ]
        ])
        let expected = [
            hour + .minutes(10)...hour + .hours(2), hour + .hours(4)...hour + .minutes(250),
        ]
        #expect(importing.covered == expected)
        #expect(try await covered() == expected)
    }

    @Test func coversWhatSomebodyVouchesFor() async throws {
        let vouched = fixture.now - .days(5)...fixture.now - .days(2)
        try fixture.importing([[fixture.logged(.pull, "a", at: past, key: 1)]], vouched: vouched)
        #expect(try await covered() == [vouched])
    }

    @Test func coversNoHourInWhichSomethingWasNotUnderstood() async throws {
        let hour = past.startOfHour
        var doubts = ImportedDoubts()
        doubts.add(from: hour + .minutes(61), to: hour + .minutes(62))
        let log = (0..<3).map {
            fixture.logged(.pull, "a", at: hour + .minutes(Int64($0) * 60), key: UInt64($0))
        }
        try fixture.importing([log], vouched: hour...hour + .hours(3), doubts: doubts)
        #expect(
            try await covered() == [hour...hour + .hours(1), hour + .hours(2)...hour + .hours(3)]
        )
    }

    // Until a log is mended that could not be read, nobody knows what is in it; others say nothing.
    @Test func coversNothingUntilEveryLogIsRead() async throws {
        let log = [fixture.logged(.pull, "a", at: past, key: 1)]
        let other = [fixture.logged(.pull, "a", at: past + .minutes(2), key: 2)]
        let vouched = past - .hours(1)...past + .hours(1)
        let unread = CoverageRefusal.unread(["/logs/broken.log"])
        let broken = try fixture.importing([log], vouched: vouched, isWhole: false)
        #expect(broken.covered == [] && broken.refusal == unread)
        for vouched in [nil, vouched] {
            let another = try fixture.importing([other], vouched: vouched)
            #expect(another.covered == [] && another.refusal == unread)
            #expect(try await covered() == [])
        }
        let mended = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        mended.release(try mended.unreadLogs())
        try mended.finish()
        #expect(mended.refusal == nil)
        #expect(try await covered() == [past...past, past + .minutes(2)...past + .minutes(2)])
        #expect(try await covered() == mended.covered)
    }

    // A log may have grown since it could not be read; what was piped in is all older than the history
    // then, and says nothing of it.
    @Test func waitsForNoStreamOlderThanTheHistory() async throws {
        let first = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        try first.expect([
            NotedLog(place: "/logs/broken.log"), NotedLog(place: NotedLog.standardInput),
        ])
        let later = fixture.now + .days(9)
        _ = try await fixture.ledger.rollOff(history: .days(7), now: later)
        let importing = LedgerImport(fixture.ledger, registry: fixture.registry, now: later)
        #expect(try importing.unreadLogs().map(\.place) == ["/logs/broken.log"])
    }

    // What was covered before a kill counts with the import that goes on.
    @Test func coversWhatAKilledImportReadOnceItEnds() async throws {
        let killed = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        let clock = try killed.clock(history: .days(30))
        try killed.expect([NotedLog(place: "/logs/a")])
        killed.begin(NotedLog(place: "/logs/a"), after: nil)
        let log = [
            fixture.logged(.pull, "a", at: past, key: 1),
            fixture.logged(.pull, "a", at: past + .minutes(3), key: 2),
        ]
        killed.add(
            ImportedChunk(
                AccessTable(log),
                DecodedBody(),
                clock: clock,
                ignoring: AccessIgnoreList()
            )
        )
        try killed.store(nil)
        #expect(try await covered() == [])
        // Another one says nothing of the rest of that log.
        try fixture.importing([])
        #expect(try await covered() == [])
        let resumed = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        resumed.release(try resumed.unreadLogs())
        try resumed.finish()
        #expect(try await covered() == [past...past + .minutes(3)])
    }

    // A log of writes only says nothing of what was read meanwhile.
    @Test(arguments: [AccessClass.push, .delete])
    func logsWithoutAReadCoverNothing(_ accessClass: AccessClass) async throws {
        let log = (0..<3).map {
            fixture.logged(accessClass, "a", at: past + .minutes($0), key: UInt64($0))
        }
        let importing = try fixture.importing([log, []])
        #expect(importing.covered == [] && importing.refusal == .noReads(["/logs/access.log"]))
        #expect(try await covered() == [])
        let vouched = past...past + .hours(1)
        let again = try fixture.importing([log], vouched: vouched)
        #expect(again.covered == [vouched])
        #expect(try await covered() == [vouched])
    }

    // Also one read by who is ignored; but none of a time that is not remembered.
    @Test func oneReadShowsThatALogTellsOfReads() throws {
        let push = fixture.logged(.push, "a", at: past, key: 1)
        let old = fixture.logged(.pull, "a", at: past - .days(9), key: 2)
        let writes = try fixture.importing([[old], [push]], history: .days(7))
        #expect(writes.refusal == .noReads(["/logs/access.log"]) && writes.covered == [])
        let own = fixture.logged(
            .resolve,
            "a",
            at: past + .minutes(1),
            key: 3,
            agent: OwnUserAgent.product
        )
        let both = try fixture.importing([[push], [own]])
        #expect(both.refusal == nil)
        #expect(both.covered == [past...past + .minutes(1)])
    }

    // What is read elsewhere says nothing of what one log of writes does not tell.
    @Test func aLogWithoutAReadCoversNothingBesideOneThatHasSome() async throws {
        let importing = try importing([
            ("/logs/reads.log", .pull, 0), ("/logs/reads.log", .pull, 10),
            ("/logs/writes.log", .push, 180), ("/logs/writes.log", .push, 190),
        ])
        #expect(importing.covered == [past...past + .minutes(10)])
        #expect(importing.refusal == .noReads(["/logs/writes.log"]))
        #expect(try await covered() == importing.covered)
    }

    // One of them may have no reads by chance.
    @Test func theFilesOfOneLogCoverTogether() throws {
        let importing = try importing([
            ("/logs/access.log.2.gz", .pull, 0), ("/logs/access.log.1", .push, 60),
            ("/logs/access.log", .push, 120),
        ])
        #expect(importing.covered == [past...past + .minutes(120)])
        #expect(importing.refusal == nil)
    }

    /// Imports logs of one line each, so many minutes after `past`.
    private func importing(
        _ logs: [(place: String, class: AccessClass, minute: Int64)]
    ) throws -> LedgerImport {
        let importing = LedgerImport(fixture.ledger, registry: fixture.registry, now: fixture.now)
        let clock = try importing.clock(history: .days(30))
        for (place, accessClass, minute) in logs {
            importing.begin(NotedLog(place: place), after: nil)
            let time = past + .minutes(minute)
            let access = fixture.logged(accessClass, "a", at: time, key: UInt64(minute))
            importing.add(
                ImportedChunk(
                    AccessTable([access]),
                    DecodedBody(),
                    clock: clock,
                    ignoring: AccessIgnoreList()
                )
            )
            try importing.store(nil)
        }
        try importing.finish()
        return importing
    }

    // Stamps of another zone would cover time that nobody has read.
    @Test func logsOfTheFutureCoverNothing() async throws {
        try fixture.importing([[fixture.logged(.pull, "a", at: past, key: 1)]])
        let known = try await covered()
        let log = (0..<6).map {
            fixture.logged(
                .pull,
                "a",
                at: fixture.now - .hours(3) + .hours($0),
                key: UInt64($0 + 2)
            )
        }
        let end = fixture.now + .hours(2)
        let importing = try fixture.importing(
            log.map { [$0] },
            vouched: fixture.now - .days(1)...fixture.now
        )
        #expect(importing.refusal == .future(end) && importing.covered == [])
        // What was stored before the first of them is taken back, and nothing else is.
        #expect(try await covered() == known)
        #expect(importing.sums.accepted == 6 && importing.sums.last == fixture.now)
    }

    @Test func clocksMayDifferByMinutes() throws {
        let log = [
            fixture.logged(.pull, "a", at: fixture.now - .minutes(5), key: 1),
            fixture.logged(.pull, "a", at: fixture.now + .minutes(4), key: 2),
        ]
        let importing = try fixture.importing([log])
        #expect(importing.refusal == nil)
        #expect(importing.covered.last?.upperBound == fixture.now)
    }

    // MARK: Positions

    @Test func storesHowFarALogWasReadWithWhatItHolds() async throws {
        let importing = LedgerImport(
            fixture.ledger,
            registry: fixture.registry,
            now: fixture.now
        )
        let clock = try importing.clock(history: .days(30))
        importing.begin(NotedLog(place: "/logs/a"), after: nil)
        let log = [
            fixture.logged(.pull, "a", at: past, key: 1),
            fixture.logged(.pull, "a", at: past, key: 2),
        ]
        importing.add(
            ImportedChunk(
                AccessTable(log),
                DecodedBody(),
                clock: clock,
                ignoring: AccessIgnoreList()
            )
        )
        var position = LogPosition(place: "/logs/a", isImported: true)
        position.head = [1, 2]
        position.headLength = 2
        position.offset = 99
        try importing.store(position)
        let found = try fixture.ledger.logPositions(of: fixture.registry, head: [1, 2], length: 2)
        let stored = try #require(found.first)
        #expect(stored.offset == 99 && stored.accesses == 2 && stored.lastLine == past)
        #expect(stored.recentKeys == log.map(\.key))
        #expect(try fixture.ledger.logPositions(of: fixture.registry, head: [3], length: 2) == [])
    }
}
