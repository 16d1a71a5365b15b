import AccessLedger
import RegistryModel
import Testing

/// What anyone may have said may keep an image, and must not let one go.
struct HearsayTests {
    @Test func readsOfWhatIsKnownCountAtOnce() async throws {
        let fixture = try await LedgerFixture.withTwoTags()
        let batch = try await fixture.record(
            [
                fixture.access(.pull, nil, tag: "v1"), fixture.access(.pull, "a"),
                fixture.access(.resolve, "a", tag: "v1"),
            ],
            from: .log,
            isHearsay: true
        )
        #expect(batch.answers == [DeliveryAnswer(accepted: 3)])
        #expect(batch.unproven.isEmpty)
        let counts = try await fixture.tag("v1").inHistory
        #expect(counts == AccessCounts(pulls: 1, resolves: 1, pushes: 1))
    }

    /// Each would let something go, were it believed.
    enum Lie: CaseIterable {
        case delete
        case deleteOfADigest
        case push
        case pushElsewhere
        case readElsewhere
        case unknownTag
        case unknownDigest

        func access(_ fixture: LedgerFixture) -> Access {
            switch self {
            case .delete: fixture.access(.delete, tag: "v1")
            case .deleteOfADigest: fixture.access(.delete, "a")
            case .push: fixture.access(.push, tag: "v1")
            case .pushElsewhere: fixture.access(.push, "b", tag: "v1")
            case .readElsewhere: fixture.access(.pull, "b", tag: "v1")
            case .unknownTag: fixture.access(.pull, tag: "v9")
            case .unknownDigest: fixture.access(.pull, "nowhere")
            }
        }
    }

    @Test(arguments: Lie.allCases)
    func liesChangeNothing(_ lie: Lie) async throws {
        let fixture = try await LedgerFixture.withTwoTags()
        let access = lie.access(fixture)
        let before = try await (fixture.tag("v1"), fixture.tag("v2"), fixture.manifest("a"))
        let batch = try await fixture.record([access], from: .log, isHearsay: true)
        #expect(batch.answers == [DeliveryAnswer()])
        #expect(
            batch.unproven == [
                Unproven(registry: fixture.registry, source: .log, access: access)
            ]
        )
        #expect(batch.touched.isEmpty && batch.unread.isEmpty && batch.pushes.isEmpty)
        #expect(try await fixture.tag("v1") == before.0)
        #expect(try await fixture.tag("v2") == before.1)
        #expect(try await fixture.manifest("a") == before.2)
        let repositories = try await fixture.ledger.repositories(of: fixture.registry)
        #expect(repositories.map(\.tags) == [2])

        // Nothing of it was noted as heard, so that it still counts once it is proven.
        let proven = try await fixture.record([access], from: .log)
        #expect(proven.answers == [DeliveryAnswer(accepted: 1)])
    }

    // The image that it moved to is not read yet, as after a client's read nothing would be proven.
    @Test(arguments: [AccessSource.log, .engine])
    func aMoveThatTheRegistryToldMovesTheTag(source: AccessSource) async throws {
        let fixture = try await LedgerFixture.withTwoTags()
        let askedAt = fixture.now - .seconds(2)
        let heard = fixture.access(.pull, "new", tag: "v1", at: fixture.now - .minutes(30))
        try await fixture.record([heard], from: source, provenAt: askedAt)
        let tag = try await fixture.tag("v1")
        #expect(try await tag.manifest == fixture.manifest("new").id)
        // Since when, the registry alone tells: who said that it was read may lie about the time.
        #expect(tag.pushedAt == askedAt)
        #expect(tag.inHistory.pulls == 1)
    }

    @Test func whatWasPushedSinceTheRegistryWasAskedStands() async throws {
        let fixture = try await LedgerFixture.withTwoTags()
        let askedAt = fixture.now - .seconds(2)
        let push = fixture.access(.push, "newest", tag: "v1", at: fixture.now - .seconds(1))
        try await fixture.record([push])
        let heard = fixture.access(.pull, "new", tag: "v1")
        try await fixture.record([heard], from: .log, provenAt: askedAt)
        #expect(try await fixture.tag("v1").manifest == fixture.manifest("newest").id)
    }

    // The agent of a delete of our own lets a tag be put back.
    @Test func aDeleteInOurNameIsNoNews() async throws {
        let fixture = try await LedgerFixture.withTwoTags()
        let batch = try await fixture.record(
            [fixture.access(.delete, tag: "v1", agent: OwnUserAgent.product)],
            from: .log,
            isHearsay: true
        )
        #expect(batch.ownDeletes.isEmpty)
    }

    @Test func aRepositoryThatIsNotKnownIsNotMade() async throws {
        let fixture = try await LedgerFixture()
        let batch = try await fixture.record(
            [fixture.access(.pull, tag: "v1")],
            from: .log,
            isHearsay: true
        )
        #expect(batch.unproven.count == 1)
        #expect(try await fixture.ledger.repositories(of: fixture.registry).isEmpty)
    }

    // Scanners may look at what is unknown, as often as they like.
    @Test func whoIsIgnoredIsNotAskedAbout() async throws {
        let fixture = try await LedgerFixture.withTwoTags()
        let batch = try await fixture.record(
            [fixture.access(.pull, tag: "v9", agent: "trivy/1")],
            from: .log,
            ignoring: AccessIgnoreList(userAgents: [Glob("trivy/*")]),
            isHearsay: true
        )
        #expect(batch.unproven.isEmpty)
        #expect(batch.answers == [DeliveryAnswer(ignored: 1)])
    }

    @Test func whatASocketDroppedIsCountedAndAGap() async throws {
        let fixture = try await LedgerFixture()
        var body = DecodedBody()
        body.socket = .init(address: "udp://127.0.0.1:5514", lines: 7, dropped: 0)
        try fixture.deliver(body)
        fixture.now = fixture.now + .seconds(60)
        body.socket = .init(address: "udp://127.0.0.1:5514", lines: 0, dropped: 3)
        body.loss = "lines were dropped"
        try fixture.deliver(body)
        let socket = try #require(try await fixture.ledger.sockets(of: fixture.registry).first)
        #expect(socket.lines == 7 && socket.dropped == 3)
        #expect(socket.lastAt == fixture.now - .seconds(60) && socket.droppedAt == fixture.now)
        let coverage = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: fixture.now - .hours(1)
        )
        #expect(coverage.losses.map(\.reason) == ["lines were dropped"])
        #expect(coverage.losses.first?.to == nil)
    }
}

extension LedgerFixture {
    /// `v1` is image `a`, and `v2` is image `b`.
    fileprivate static func withTwoTags() async throws -> LedgerFixture {
        let fixture = try await LedgerFixture()
        try await fixture.record([
            fixture.access(.push, "a", tag: "v1"), fixture.access(.push, "b", tag: "v2"),
        ])
        fixture.now = fixture.now + .hours(2)
        return fixture
    }

    fileprivate func deliver(_ body: DecodedBody) throws {
        _ = try ledger.record(
            [Delivery(registry: registry, source: .log, body: body, receivedAt: now)],
            ignoring: AccessIgnoreList(),
            now: now
        )
    }
}
