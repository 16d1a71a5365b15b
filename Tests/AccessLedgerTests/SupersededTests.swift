import AccessLedger
import RegistryModel
import Testing

/// A newer plan of the same cause and target ends the ones that wait, and what nobody can need any
/// more leaves the ledger.
struct SupersededTests {
    private let fixture: LedgerFixture
    private let image: ImageRecord

    init() async throws {
        fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        image = try #require(
            try await fixture.ledger.image(
                LedgerFixture.repository,
                tag: TagName("v1"),
                digest: nil,
                in: fixture.registry
            )
        )
    }

    /// Stores a run of one item a second later.
    private func run(
        _ state: RunRecord.State,
        cause: String = "nightly",
        scope: String = #"{"goal":"tags","goalAmount":1,"registry":"local"}"#,
        storage: RunItem.State? = nil,
        kind: StorageItem.Kind = .blob
    ) async throws -> RunName {
        fixture.now = fixture.now + .seconds(1)
        var run = RunRecord(
            name: RunName(at: fixture.now),
            cause: cause,
            measured: "",
            scope: scope,
            mode: "enforce",
            state: state,
            createdAt: fixture.now
        )
        if state.isOver { run.endedAt = fixture.now }
        if let storage {
            run.storage = [
                StorageItem(
                    ordinal: 0,
                    registry: fixture.registry,
                    kind: kind,
                    digest: LedgerFixture.digest("a"),
                    reason: "unreferenced",
                    bytes: 7,
                    state: storage
                )
            ]
        } else {
            run.items = [item]
        }
        try await fixture.ledger.create(run, endsOlder: !state.isOver)
        return run.name
    }

    private var item: RunItem {
        var item = RunItem(
            ordinal: 0,
            kind: "tag",
            registry: fixture.registry,
            repositoryId: image.repositoryId,
            repository: LedgerFixture.repository,
            reason: "notAccessed"
        )
        item.tag = TagName("v1")
        item.tagId = image.tagId
        item.digest = image.digest
        return item
    }

    private func states(_ names: [RunName]) async throws -> [RunRecord.State?] {
        var states: [RunRecord.State?] = []
        for name in names { states.append(try await fixture.ledger.run(name)?.state) }
        return states
    }

    @Test func aNewerPlanOfTheSameEndsTheOlder() async throws {
        let old = try await run(.waiting)
        let others = [
            try await run(.waiting, cause: "disk"),
            try await run(.waiting, scope: #"{"registry":"other"}"#),
            try await run(.planned),
        ]
        let middle = try await run(
            .waiting,
            scope: #"{"goal":"tags","goalAmount":5,"registry":"local"}"#
        )
        let first = try #require(try await fixture.ledger.run(old))
        #expect(first.state == .superseded && first.items.isEmpty && first.endedAt == fixture.now)
        #expect(
            first.note
                == "superseded by run \(middle), a newer plan of the same; it named 1 removal"
        )
        let new = try await run(.running, scope: #"{"registry":"local"}"#)
        #expect(try await states([old, middle, new]) == [.superseded, .superseded, .running])
        #expect(try await states(others) == [.waiting, .waiting, .planned])
        // The newest, and not the one that came first in its place.
        let successor = try #require(try await fixture.ledger.successor(of: first))
        #expect(successor.name == new && successor.state == .running)
        #expect(try await fixture.ledger.runs(in: .waiting) == Array(others.prefix(2)))
    }

    // A scope that is no JSON, of whatever made it, is a target like any other.
    @Test func everyScopeIsATarget() async throws {
        let old = [try await run(.waiting, scope: ""), try await run(.waiting, scope: "{}")]
        _ = try await run(.waiting, scope: "")
        #expect(try await states(old) == [.superseded, .waiting])
    }

    private func rollOff(after span: Span) async throws {
        fixture.now = fixture.now + span
        while try await fixture.ledger.rollOff(history: .days(30), now: fixture.now) {}
    }

    @Test func whatNobodyCanNeedLeavesAfterItsEvents() async throws {
        let plan = try await run(.planned)
        let superseded = try await run(.waiting)
        let waiting = try await run(.waiting)
        let running = try await run(.running, scope: #"{"registry":"other"}"#)
        let purge = try await run(.done, storage: .done)
        let done = try await run(.done)
        try await fixture.ledger.removed([item], in: done, detail: "", at: fixture.now)
        let held = try await run(.done, storage: .quarantined)
        let failed = try await run(.partly, storage: .failed)
        let image = try await run(.done, storage: .done, kind: .tag)
        let all = [plan, superseded, waiting, running, purge, done, held, failed, image]
        try await rollOff(after: .days(89))
        let states = try await states(all)
        #expect(!states.contains(nil))
        let told = PruneEvent(
            type: "registry",
            action: "plan",
            actor: "local",
            attributes: ["run": plan.description],
            time: fixture.now
        )
        try await fixture.ledger.append([told])
        try await rollOff(after: .days(2))
        #expect(
            try await self.states(all) == [
                .planned, nil, .waiting, .running, nil, .done, .done, .partly, .done,
            ]
        )
        // Whoever counts the runs of a trigger counts on.
        let metrics = try await fixture.ledger.metrics(now: fixture.now)
        #expect(metrics.formerRuns == ["nightly": 2])
        try await rollOff(after: .days(91))
        #expect(try await self.states([plan]) == [nil])
        #expect(try await fixture.ledger.metrics(now: fixture.now).formerRuns == ["nightly": 3])
    }
}
