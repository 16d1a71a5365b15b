import AccessLedger
import RegistryModel
import Testing

/// Old logs enter the history, each record once (design, section 5.1).
struct ImportTests {
    private let scene: ImportScene

    init() async throws { scene = try await ImportScene() }

    @Test func countsALogOnceHoweverOftenItIsImported() async throws {
        let log = (0..<10).map {
            scene.use(.pull, "a", at: scene.past + .seconds(Int64($0)), key: UInt64($0))
        }
        #expect(try scene.importing([log]).sums.accepted == 10)
        // In other pieces, as a log that was compressed meanwhile.
        let again = try scene.importing([Array(log[..<3]), Array(log[3...])]).sums
        #expect(again.accepted == 0 && again.duplicates == 10)
        #expect(try await scene.fixture.manifest("a").inHistory == AccessCounts(pulls: 10))
        #expect(try await scene.fixture.tag("v1").inHistory == AccessCounts(pulls: 10))
        try await scene.fixture.expectSoundness()
    }

    @Test func countsWhatWasHeardBeforeOnce() async throws {
        let log = (0..<4).map {
            scene.use(.pull, "a", at: scene.past + .seconds(Int64($0)), key: UInt64($0))
        }
        try await scene.fixture.record(Array(log[..<2]), from: .log)
        let sums = try scene.importing([log]).sums
        #expect(sums.accepted == 2 && sums.duplicates == 2)
        // And what was imported is not heard again.
        let answers = try await scene.fixture.record(log, from: .log).answers
        #expect(answers == [DeliveryAnswer(duplicates: 4)])
        #expect(try await scene.fixture.manifest("a").inHistory == AccessCounts(pulls: 4))
    }

    // Keys of what is heard are kept for seven days, of what is imported as long as it counts.
    @Test func remembersImportedRecordsAsLongAsTheyCount() async throws {
        let log = [scene.use(.pull, "a", at: scene.fixture.now - .days(20), key: 1)]
        try scene.importing([log])
        _ = try await scene.fixture.ledger.rollOff(history: .days(30), now: scene.fixture.now)
        #expect(try scene.importing([log]).sums.duplicates == 1)
        #expect(try await scene.fixture.record(log, from: .log).answers == [.init(duplicates: 1)])
    }

    // Three equal requests of one second: all count, wherever the log is cut, and only once.
    @Test(arguments: [[3], [1, 2], [2, 1], [1, 1, 1]])
    func countsEqualLinesOfOneLogApart(pieces: [Int]) async throws {
        let chunks = pieces.map { count in
            (0..<count).map { ordinal in
                var access = scene.use(.pull, "a", at: scene.past, key: 1)
                if ordinal > 0 { access.key = access.key.repeated(UInt64(ordinal)) }
                return access
            }
        }
        #expect(try scene.importing(chunks).sums.accepted == 3)
        #expect(try scene.importing(chunks.reversed()).sums.duplicates == 3)
        #expect(try await scene.fixture.manifest("a").inHistory == AccessCounts(pulls: 3))
    }

    @Test func manyEqualLinesTakeNoLonger() throws {
        let chunk = (0..<2_000).map { ordinal in
            var access = scene.use(.pull, "a", at: scene.past, key: 1)
            access.key = access.key.repeated(UInt64(ordinal))
            return access
        }
        let sums = try scene.importing(Array(repeating: chunk, count: 20)).sums
        #expect(sums.accepted == 40_000)
    }

    @Test func storesHowFarALogWasReadWithWhatItHolds() async throws {
        let importing = LedgerImport(
            scene.fixture.ledger,
            registry: scene.fixture.registry,
            now: scene.fixture.now
        )
        let clock = try importing.clock(history: .days(30))
        importing.begin(after: nil)
        let log = [
            scene.use(.pull, "a", at: scene.past, key: 1),
            scene.use(.pull, "a", at: scene.past, key: 2),
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
        let found = try scene.fixture.ledger.logPositions(
            of: scene.fixture.registry,
            head: [1, 2],
            length: 2
        )
        let stored = try #require(found.first)
        #expect(stored.offset == 99 && stored.accesses == 2 && stored.lastLine == scene.past)
        #expect(stored.recentKeys == log.map(\.key))
        #expect(
            try scene.fixture.ledger.logPositions(of: scene.fixture.registry, head: [3], length: 2)
                == []
        )
    }
}
