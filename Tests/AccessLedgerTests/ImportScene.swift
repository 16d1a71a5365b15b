import AccessLedger
import RegistryModel

/// A ledger and logs of three days ago to import into it.
struct ImportScene {
    let fixture: LedgerFixture

    init() async throws { fixture = try await LedgerFixture() }

    var past: Timestamp { fixture.now - .days(3) }

    func use(
        _ accessClass: AccessClass = .pull,
        _ seed: String? = nil,
        tag: String? = "v1",
        at time: Timestamp,
        key: UInt64,
        agent: String = "containerd/v2.0.2"
    ) -> Access {
        var access = fixture.access(
            accessClass,
            seed,
            tag: tag,
            at: time,
            agent: agent,
            instance: nil,
            isSecondGranular: true
        )
        access.key = EventKey(high: 7, low: key)
        return access
    }

    /// Imports one log, each list of accesses as a chunk.
    @discardableResult
    func importing(
        _ chunks: [[Access]],
        history: Span = .days(30),
        vouched: ClosedRange<Timestamp>? = nil,
        doubts: ImportedDoubts = ImportedDoubts()
    ) throws -> LedgerImport {
        let importing = LedgerImport(
            fixture.ledger,
            registry: fixture.registry,
            now: fixture.now
        )
        let clock = try importing.clock(history: history)
        importing.begin(after: nil)
        for accesses in chunks {
            var chunk = ImportedChunk(
                AccessTable(accesses),
                DecodedBody(),
                clock: clock,
                ignoring: AccessIgnoreList()
            )
            chunk.doubts = doubts
            importing.add(chunk)
            try importing.store(nil, holdingLast: true)
        }
        try importing.store(nil)
        try importing.finish(vouched: vouched)
        return importing
    }

    func covered() async throws -> [ClosedRange<Timestamp>] {
        let record = try await fixture.ledger.coverage(
            of: fixture.registry,
            since: Timestamp(milliseconds: 0)
        )
        return record.covered.compactMap { stretch in stretch.to.map { stretch.from...$0 } }
    }
}

extension AccessTable {
    /// The accesses as a decoder tables them.
    init(_ accesses: [Access]) {
        self.init()
        for access in accesses {
            let client = Client(
                address: access.address,
                actor: access.actor,
                userAgent: access.userAgent
            )
            rows.append(
                Row(
                    key: access.key,
                    time: access.time,
                    size: 0,
                    repository: Self.place(of: access.repository, in: &repositories),
                    digest: access.digest.map { Self.place(of: $0, in: &digests) } ?? -1,
                    tag: access.tag.map { Self.place(of: $0, in: &tags) } ?? -1,
                    client: Self.place(of: client, in: &clients),
                    mediaType: -1,
                    class: access.class,
                    isSecondGranular: access.isSecondGranular
                )
            )
        }
    }

    private static func place<Item: Equatable>(of item: Item, in list: inout [Item]) -> Int32 {
        if let place = list.firstIndex(of: item) { return Int32(place) }
        list.append(item)
        return Int32(list.count - 1)
    }
}
