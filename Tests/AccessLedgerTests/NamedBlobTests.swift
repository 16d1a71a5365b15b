import AccessLedger
import Foundation
import RegistryModel
import Testing

/// A blob that was named is not swept for a time (design, section 5.8, point 2): which were named is
/// in the ledger, whoever sweeps.
struct NamedBlobTests {
    private static func digest(_ number: Int) -> Digest { LedgerFixture.digest("blob \(number)") }

    private let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    private func hear(_ blobs: Range<Int>, in ledger: Ledger? = nil) throws {
        var body = DecodedBody()
        for number in blobs { body.note(blob: Self.digest(number)) }
        _ = try (ledger ?? fixture.ledger).record(
            [
                Delivery(
                    registry: fixture.registry,
                    source: .events,
                    body: body,
                    receivedAt: fixture.now
                )
            ],
            ignoring: AccessIgnoreList(),
            now: fixture.now
        )
    }

    private func named(since time: Timestamp, in ledger: Ledger? = nil) async throws -> NamedBlobs {
        try await (ledger ?? fixture.ledger).blobsNamed(since: time, in: fixture.registry)
    }

    @Test func isKnownToWhoeverOpensTheLedgerLater() async throws {
        try hear(0..<2)
        try fixture.ledger.close()
        let other = try Ledger(path: fixture.ledger.path)
        defer { try? other.close() }
        let named = try await named(since: fixture.now, in: other)
        #expect(named.isNamed(Self.digest(1), since: fixture.now))
        #expect(!named.isNamed(Self.digest(1), since: fixture.now + Span(milliseconds: 1)))
        #expect(named.latest(Self.digest(2)) == nil)
        let elsewhere = try await other.registry(named: "another")
        #expect(
            try await other.blobsNamed(since: fixture.now, in: elsewhere).latest(Self.digest(1))
                == nil
        )
    }

    // Named again and again it is written once in some seconds, and never counts as named too early.
    @Test func isNeverTakenForNamedEarlierThanItWas() async throws {
        for _ in 0..<40 {
            fixture.now = fixture.now + Span(milliseconds: 700)
            try hear(0..<1)
            let named = try await named(since: fixture.now)
            let latest = try #require(named.latest(Self.digest(0)))
            #expect(latest >= fixture.now && latest <= fixture.now + .seconds(5))
        }
        let later = fixture.now + .seconds(6)
        #expect(try await named(since: later).latest(Self.digest(0)) == nil)
    }

    // Also what a known manifest needs: the manifest may go before the push of another is done.
    @Test func isKeptThoughAManifestNeedsIt() async throws {
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        try await fixture.store("a", blobs: ["blob 0": 10])
        try hear(0..<1)
        #expect(try await named(since: fixture.now).latest(Self.digest(0)) != nil)
    }

    // Of a commit that failed nothing was written, and what it named is written by the next.
    @Test func isWrittenAgainAfterACommitThatFailed() async throws {
        var body = DecodedBody()
        body.note(blob: Self.digest(0))
        let registry = fixture.registry
        let unknown = RegistryRow(id: 99, name: "unknown")
        #expect(throws: (any Error).self) {
            _ = try fixture.ledger.record(
                [registry, unknown].map {
                    Delivery(registry: $0, source: .events, body: body, receivedAt: fixture.now)
                },
                ignoring: AccessIgnoreList(),
                now: fixture.now
            )
        }
        #expect(try await named(since: fixture.now).latest(Self.digest(0)) == nil)
        try hear(0..<1)
        #expect(try await named(since: fixture.now).latest(Self.digest(0)) != nil)
    }

    @Test func isForgottenWhenNobodyAsksAnyMore() async throws {
        try hear(0..<1_500)
        fixture.now = fixture.now + .days(1)
        try hear(1_500..<1_501)
        fixture.now = fixture.now + .seconds(6)
        let history = Span.days(30)
        while try await fixture.ledger.rollOff(history: history, names: .days(1), now: fixture.now)
        {}
        let named = try await named(since: Timestamp(milliseconds: 0))
        #expect(named.latest(Self.digest(1_500)) != nil)
        #expect((0..<1_500).allSatisfy { named.latest(Self.digest($0)) == nil })
    }

    // More than fit into one body: any blob may have been named.
    @Test func isAnyBlobWhereMoreWereNamedThanAreKept() async throws {
        try hear(0..<16_385)
        let named = try await named(since: fixture.now)
        #expect(named.isNamed(Self.digest(16_384), since: fixture.now))
        #expect(named.isNamed(LedgerFixture.digest("another"), since: fixture.now))
        #expect(!named.isNamed(Self.digest(0), since: fixture.now + .seconds(1)))
    }

    // The table does not grow without end: beyond its bound nothing is kept apart, and nothing lost.
    @Test func takesNoMoreThanItsRoom() async throws {
        for start in stride(from: 0, to: 250_000, by: 12_500) {
            try hear(start..<start + 12_500)
        }
        var named = try await named(since: fixture.now)
        #expect(named.isNamed(Self.digest(0), since: fixture.now))
        #expect(!named.isNamed(LedgerFixture.digest("another"), since: fixture.now))
        fixture.now = fixture.now + .minutes(1)
        try hear(250_000..<250_001)
        named = try await self.named(since: fixture.now)
        #expect(named.isNamed(Self.digest(0), since: fixture.now))
        #expect(named.isNamed(LedgerFixture.digest("another"), since: fixture.now))
        fixture.now = fixture.now + .hours(1)
        try hear(0..<1)
        named = try await self.named(since: fixture.now)
        #expect(named.isNamed(Self.digest(0), since: fixture.now))
        #expect(named.latest(Self.digest(1)) == nil)
    }

    /// A sweep that has blobs in quarantine, begun at the fixture's time.
    private func sweep(_ blobs: [Int]) async throws -> RunName {
        var run = RunRecord(
            name: RunName(at: fixture.now),
            cause: "hand",
            measured: "",
            scope: "{}",
            mode: "enforce",
            state: .done,
            createdAt: fixture.now
        )
        run.storage = PackedList(
            blobs.enumerated().map { ordinal, number in
                StorageItem(
                    ordinal: ordinal,
                    registry: fixture.registry,
                    kind: .blob,
                    digest: Self.digest(number),
                    reason: "unreferenced",
                    bytes: 1,
                    state: .quarantined
                )
            }
        )
        try await fixture.ledger.create(run)
        return run.name
    }

    // What was named after it was taken is not given back for good.
    @Test func isFoundInQuarantine() async throws {
        try hear(0..<1)
        fixture.now = fixture.now + .minutes(1)
        let run = try await sweep([0, 1])
        var found = try await fixture.ledger.namedSinceTaken(from: fixture.registry)
        #expect(found.isEmpty)
        fixture.now = fixture.now + .minutes(1)
        try hear(1..<2)
        found = try await fixture.ledger.namedSinceTaken(from: fixture.registry)
        #expect(found == [run: [1]])
        try hear(2..<16_400)
        found = try await fixture.ledger.namedSinceTaken(from: fixture.registry)
        #expect(found == [run: [0, 1]])
    }
}
