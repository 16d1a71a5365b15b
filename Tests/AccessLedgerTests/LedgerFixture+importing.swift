import AccessLedger
import RegistryModel

extension LedgerFixture {
    /// An access as a log of whole seconds tells of it.
    func logged(
        _ accessClass: AccessClass = .pull,
        _ seed: String? = nil,
        tag: String? = "v1",
        at time: Timestamp,
        key: UInt64,
        agent: String = "containerd/v2.0.2"
    ) -> Access {
        var access = access(
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

    /// Imports one log, each list of accesses as a piece that is stored with the next one's coming.
    ///
    /// `misses` are in the first piece. `decoders` number the names of the pieces in turns, as many as
    /// there are; none for one of its own for each.
    @discardableResult
    func importing(
        _ pieces: [[Access]],
        misses: [Access] = [],
        history: Span = .days(30),
        vouched: ClosedRange<Timestamp>? = nil,
        isWhole: Bool = true,
        doubts: ImportedDoubts = ImportedDoubts(),
        decoders: Int = 0
    ) throws -> LedgerImport {
        let importing = LedgerImport(ledger, registry: registry, now: now)
        let clock = try importing.clock(history: history)
        if !isWhole { try importing.expect([NotedLog(place: "/logs/broken.log")]) }
        importing.begin(NotedLog(place: "/logs/access.log"), after: nil)
        var tables = pieces.prefix(decoders).map { _ in (AccessTable(), NameOrigin()) }
        for (number, accesses) in pieces.enumerated() {
            let turn = decoders > 0 ? number % decoders : 0
            if decoders == 0 { tables = [(AccessTable(), NameOrigin())] }
            tables[turn].0.rows = []
            tables[turn].0.add(accesses)
            var body = DecodedBody()
            if number == 0 { for access in misses { body.note(Miss(access: access)) } }
            var chunk = ImportedChunk(
                tables[turn].0,
                body,
                from: tables[turn].1,
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
}

extension AccessTable {
    /// The accesses as a decoder tables them.
    init(_ accesses: [Access]) {
        self.init()
        add(accesses)
    }

    /// Adds accesses; names that are known keep their numbers.
    mutating func add(_ accesses: [Access]) {
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
