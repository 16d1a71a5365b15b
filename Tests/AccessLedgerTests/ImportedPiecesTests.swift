import AccessLedger
import GRDB
import RegistryModel
import TestSupport
import Testing

/// What a log says does not depend on who decoded which of its pieces.
struct ImportedPiecesTests {
    // A client looks for what it is about to push; its look is no use, whatever numbers the two
    // pieces have for their names.
    @Test(arguments: [0, 1, 2])
    func aPushIsKnownByThePieceBefore(decoders: Int) async throws {
        let fixture = try await LedgerFixture()
        let time = fixture.now - .days(3)
        let others = (0..<3).map {
            fixture.logged(.pull, "other \($0)", tag: "o\($0)", at: time, key: UInt64($0))
        }
        let look = fixture.logged(.pull, "a", at: time + .seconds(5), key: 10, agent: "docker")
        let use = fixture.logged(.pull, "a", at: time + .seconds(5), key: 11)
        let push = fixture.logged(.push, "a", at: time + .seconds(9), key: 12, agent: "docker")
        try fixture.importing([others, [use, look], [push] + others], decoders: decoders)
        #expect(try await fixture.tag("v1").inHistory == AccessCounts(pulls: 1, pushes: 1))
        #expect(try await fixture.manifest("a").inHistory == AccessCounts(pulls: 1, pushes: 1))
    }

    // The same as when each piece is decoded for itself: counts, and where tags point.
    @Test(arguments: 1...12)
    func decodersAgree(seed: UInt64) async throws {
        var expected: [String]?
        for decoders in 0...3 {
            let fixture = try await LedgerFixture()
            var random = Sequence(state: seed)
            let pieces = Self.pieces(fixture, &random)
            let sums = try fixture.importing(pieces, decoders: decoders).sums
            let found = ["\(sums)"] + (try fixture.contents())
            try await fixture.expectSoundness()
            #expect(found == expected ?? found)
            expected = found
        }
    }

    private static let names = 5

    private static func pieces(
        _ fixture: LedgerFixture,
        _ random: inout Sequence
    ) -> [[Access]] {
        var time = fixture.now - .days(3)
        var key: UInt64 = 0
        return (0..<8).map { _ in
            (0..<random.next(12)).map { _ in
                time = time + Span(milliseconds: Int64(random.next(600_000)))
                key += 1
                let number = random.next(names)
                let classes: [AccessClass] = [.pull, .pull, .pull, .resolve, .push, .delete]
                let accessClass = classes[random.next(classes.count)]
                // A tag mostly stays with its image, and sometimes moves to the next.
                let moved = random.next(8) == 0 ? (number + 1) % names : number
                let isTagless = random.next(4) == 0
                let tellsDigest = isTagless || random.next(3) > 0
                return fixture.logged(
                    accessClass,
                    tellsDigest ? "image \(moved)" : nil,
                    tag: isTagless ? nil : "v\(number)",
                    at: time,
                    key: key,
                    agent: random.next(3) == 0 ? "docker" : "containerd/v2.0.2"
                )
            }
        }
    }

    /// Numbers that look random and are the same in each run.
    private struct Sequence {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
    }
}

extension LedgerFixture {
    /// What is counted, where tags point and pointed, and what is gone.
    fileprivate func contents() throws -> [String] {
        try DatabaseQueue(path: folder.path + "/ledger.sqlite").read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT json_array(m.digest, m.pushedAt, m.goneAt, m.lastAccess, h.hour,
                        h.pulls, h.resolves, h.pushes, h.lastAt)
                    FROM manifest AS m LEFT JOIN manifestHour AS h ON h.manifestId = m.id
                    UNION ALL
                    SELECT json_array(t.name, m.digest, t.movedAt, t.pushedAt, t.goneAt,
                        t.lastUse, h.hour, h.pulls, h.resolves, h.pushes, h.lastAt)
                    FROM tag AS t LEFT JOIN tagHour AS h ON h.tagId = t.id
                    LEFT JOIN manifest AS m ON m.id = t.manifestId
                    UNION ALL
                    SELECT json_array(t.name, v.since, m.digest)
                    FROM tagMove AS v JOIN tag AS t ON t.id = v.tagId
                    JOIN manifest AS m ON m.id = v.manifestId
                    ORDER BY 1
                    """
            )
        }
    }
}
