import AccessLedger
import RegistryModel
import Testing

/// A request for what a run of ours removed is a regret, once it is sure that it was no check
/// before a push.
struct RegretTests {
    private let fixture: LedgerFixture

    /// An image that a run has removed a minute ago.
    init() async throws {
        fixture = try await LedgerFixture()
        try await fixture.record([fixture.access(.push, "a", tag: "v1")])
        fixture.now = fixture.now + .days(9)
        try await remove()
        fixture.now = fixture.now + .minutes(1)
    }

    @discardableResult
    private func remove(_ tag: String = "v1", detail: String = "") async throws -> RunName {
        let image = try #require(
            try await fixture.ledger.image(
                LedgerFixture.repository,
                tag: TagName(tag),
                digest: nil,
                in: fixture.registry
            )
        )
        var run = RunRecord(
            name: RunName(time: fixture.now, random: (1, UInt16(tag.utf8.count))),
            cause: "nightly",
            measured: "",
            scope: "{}",
            mode: "enforce",
            state: .running,
            createdAt: fixture.now
        )
        var item = RunItem(
            ordinal: 0,
            kind: "tag",
            registry: fixture.registry,
            repositoryId: image.repositoryId,
            repository: LedgerFixture.repository,
            reason: "notAccessed"
        )
        item.tag = TagName(tag)
        item.tagId = image.tagId
        item.manifestId = image.manifestId
        item.digest = image.digest
        item.policy = "unused"
        item.removesManifest = true
        run.items = [item]
        try await fixture.ledger.create(run)
        try await fixture.ledger.removed([item], in: run.name, detail: detail, at: fixture.now)
        return run.name
    }

    private func ask(
        _ accesses: [Access],
        isBlob: Bool = false,
        ignoring: AccessIgnoreList = AccessIgnoreList()
    ) throws {
        var body = DecodedBody()
        for access in accesses { body.note(Miss(access: access, isBlob: isBlob)) }
        _ = try fixture.ledger.record(
            [
                Delivery(
                    registry: fixture.registry,
                    source: .log,
                    body: body,
                    receivedAt: fixture.now
                )
            ],
            ignoring: ignoring,
            now: fixture.now
        )
    }

    private func settled(after span: Span = .minutes(2)) async throws -> [Regret] {
        try await fixture.ledger.settleRegrets(now: fixture.now + span)
    }

    private var events: [PruneEvent] {
        get async throws {
            try await fixture.ledger.events(after: 0, limit: 100).map(\.event)
                .filter { $0.action == "regret" }
        }
    }

    @Test func countsAfterAMinute() async throws {
        try ask([fixture.access(.pull, tag: "v1")])
        #expect(try await settled(after: .seconds(69)).isEmpty)
        let regret = try #require(try await settled(after: .seconds(71)).first)
        #expect(regret.image == "team/api:v1")
        #expect(regret.digest == LedgerFixture.digest("a"))
        #expect(regret.policy == "unused" && regret.reason == "notAccessed")
        #expect(regret.requests == 1 && regret.address == "10.0.0.1" && !regret.isBack)
        #expect(regret.removedAt == fixture.now - .minutes(1))
        #expect(try await settled().isEmpty)
        let event = try #require(try await events.first)
        #expect(event.type == "tag" && event.actor == "local")
        #expect(event.attributes["run"] == regret.run.description)
        #expect(event.attributes["image"] == "team/api:v1")
    }

    // A node asks every few minutes, for ever: that is one regret, told of once.
    @Test func isOneRegretHoweverOftenItIsAskedFor() async throws {
        for _ in 0..<3 {
            try ask([fixture.access(.pull, tag: "v1")])
            fixture.now = fixture.now + .minutes(5)
            _ = try await settled()
        }
        let regrets = try await fixture.ledger.regrets(since: .init(milliseconds: 0))
        #expect(regrets.map(\.requests) == [3])
        #expect(regrets.first?.lastAt == fixture.now - .minutes(5))
        #expect(try await events.count == 1)
    }

    @Test func countsALineThatIsDeliveredTwiceOnce() async throws {
        let line = fixture.access(.pull, tag: "v1")
        try ask([line])
        try ask([line])
        #expect(try await settled().map(\.requests) == [1])
    }

    @Test func countsRequestsByDigest() async throws {
        try ask([fixture.access(.resolve, "a")])
        #expect(try await settled().map(\.kind) == ["manifest"])
    }

    // It looks, finds nothing, and pushes.
    @Test func aPushingClientsOwnCheckIsNone() async throws {
        try ask([fixture.access(.resolve, tag: "v1"), fixture.access(.resolve, "a")])
        fixture.now = fixture.now + .seconds(40)
        try await fixture.record([fixture.access(.push, "a", tag: "v1")], from: .log)
        #expect(try await settled().isEmpty)
    }

    // An old log tells of requests after the removal as a heard one does; each counts once.
    @Test func anImportedRequestForWhatWasRemovedBeforeIsOne() async throws {
        let after = fixture.access(.pull, tag: "v1", at: fixture.now - .seconds(30))
        try fixture.importing([[]], misses: [after])
        try fixture.importing([[]], misses: [after])
        let regret = try #require(try await settled().first)
        #expect(regret.image == "team/api:v1" && regret.requests == 1)
        #expect(regret.firstAt == fixture.now - .seconds(30))
        try ask([after])
        #expect(try await settled().isEmpty)
        #expect(try await fixture.ledger.regrets(since: .init(milliseconds: 0)).count == 1)
    }

    // It was not removed yet: somebody asked for it before it was pushed.
    @Test func anImportedRequestFromBeforeTheRemovalIsNone() async throws {
        let before = fixture.access(.pull, tag: "v1", at: fixture.now - .minutes(2))
        try fixture.importing([[]], misses: [before])
        #expect(try await settled().isEmpty)
    }

    @Test(arguments: [1, 2])
    func anImportedCheckBeforeAPushIsNone(pieces count: Int) async throws {
        let check = fixture.access(.resolve, tag: "v1", at: fixture.now - .seconds(50))
        let push = fixture.access(.push, "b", tag: "v1", at: fixture.now - .seconds(20))
        try fixture.importing(count == 1 ? [[push]] : [[], [push]], misses: [check])
        #expect(try await settled().isEmpty)
    }

    @Test func somebodyElsesPushDoesNotTakeItBack() async throws {
        try ask([fixture.access(.pull, tag: "v1", address: "10.0.0.9")])
        fixture.now = fixture.now + .seconds(40)
        try await fixture.record([fixture.access(.push, "b", tag: "v1")], from: .log)
        #expect(try await settled().map(\.isBack) == [true])
    }

    @Test func isNoneWhileItIsThereAgain() async throws {
        try await fixture.record([fixture.access(.push, "b", tag: "v1")])
        try ask([fixture.access(.pull, tag: "v1")])
        #expect(try await settled().isEmpty)
    }

    @Test func isNoneBeforeTheRemoval() async throws {
        try ask([fixture.access(.pull, tag: "v1", at: fixture.now - .minutes(2))])
        #expect(try await settled().isEmpty)
        // But a stamp of whole seconds may be up to that much too early.
        let second = fixture.now - .minutes(1) - Span(milliseconds: 900)
        try ask([fixture.access(.pull, tag: "v1", at: second, isSecondGranular: true)])
        #expect(try await settled().count == 1)
    }

    @Test func isNoneFromUsAndFromScanners() async throws {
        try ask([fixture.access(.pull, tag: "v1", agent: OwnUserAgent.product)])
        try ask(
            [fixture.access(.pull, tag: "v1", agent: "trivy/0.50")],
            ignoring: AccessIgnoreList(userAgents: [Glob("trivy/*")])
        )
        #expect(try await settled().isEmpty)
    }

    @Test func isNoneForWhatOthersRemoved() async throws {
        try await fixture.record([
            fixture.access(.push, "b", tag: "v22"), fixture.access(.push, "c", tag: "v333"),
        ])
        fixture.now = fixture.now + .minutes(1)
        try await fixture.record([fixture.access(.delete, tag: "v22")])
        try await remove("v333", detail: RunItem.wasGone)
        fixture.now = fixture.now + .minutes(1)
        try ask([fixture.access(.pull, tag: "v22"), fixture.access(.pull, tag: "v333")])
        try ask([fixture.access(.pull, tag: "never"), fixture.access(.pull, "never")])
        #expect(try await settled().isEmpty)
    }

    // Clients that push ask for blobs by HEAD all the time; only a pull needs one.
    @Test func aBlobIsMissedByAPull() async throws {
        var run = RunRecord(
            name: RunName(time: fixture.now, random: (7, 7)),
            cause: "sweep",
            measured: "",
            scope: "{}",
            mode: "enforce",
            state: .running,
            createdAt: fixture.now
        )
        run.storage = [
            StorageItem(
                ordinal: 0,
                registry: fixture.registry,
                kind: .blob,
                digest: LedgerFixture.digest("layer"),
                reason: "unreferenced",
                bytes: 9,
                state: .quarantined
            )
        ]
        try await fixture.ledger.create(run)
        fixture.now = fixture.now + .seconds(5)
        try ask([fixture.access(.resolve, "layer")], isBlob: true)
        #expect(try await settled().isEmpty)
        try ask([fixture.access(.pull, "layer")], isBlob: true)
        #expect(try await settled().map(\.kind) == ["blob"])
    }

    @Test func anApprovalIsRemembered() async throws {
        try ask([fixture.access(.pull, tag: "v1")])
        _ = try await settled()
        let before = try await fixture.ledger.regrets(since: fixture.now)
        #expect(before.map(\.approvedAt) == [nil])
        try await fixture.ledger.approved(policies: ["unused"], at: fixture.now + .minutes(3))
        let after = try await fixture.ledger.regrets(since: fixture.now)
        #expect(after.map(\.approvedAt) == [fixture.now + .minutes(3)])
        #expect(try await fixture.ledger.regrets(since: fixture.now + .seconds(1)).isEmpty)
    }
}
