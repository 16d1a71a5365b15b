import RegistryModel

/// The texts of a log's accesses, each checked and kept once.
struct LogTexts {
    private(set) var table = AccessTable()
    private var repositories = TextIndex()
    private var digests = TextIndex()
    private var tags = TextIndex()
    private var clients = TextIndex()
    private var mediaTypes = TextIndex()
    /// What each digest came with last; -1 for nothing.
    private var repositoriesOfDigests: [Int32] = []
    private var tagsOfDigests: [Int32] = []
    /// The user agent that was read last: many clients have the same.
    private var lastAgent = ""

    /// Makes room for so many rows at once.
    mutating func reserve(_ count: Int) { table.rows.reserveCapacity(count) }

    mutating func append(_ row: AccessTable.Row) { table.rows.append(row) }

    /// Gives the rows away; the names stay, and keep their numbers.
    mutating func takeRows() -> [AccessTable.Row] {
        let rows = table.rows
        table.rows = []
        return rows
    }

    /// Whether its names take so much memory that to read them anew is better.
    var isLarge: Bool {
        let indexes = [repositories, digests, tags, clients, mediaTypes]
        return indexes.reduce(0) { $0 + $1.count } > Self.mostNames
            || indexes.reduce(0) { $0 + $1.bytes } > Self.mostBytes
    }

    /// A registry's images and clients of some days; both with what else they take are about 10 MB.
    private static let mostNames = 32_768
    private static let mostBytes = 2 << 20

    /// A number, or -1 where the field says nothing.
    mutating func repository(
        _ bytes: UnsafeRawBufferPointer,
        _ field: StaticString
    ) throws(FieldProblem) -> Int32 {
        guard !bytes.isAbsent else { throw .missing(field) }
        return try Self.number(
            of: bytes,
            in: &repositories,
            &table.repositories,
            field,
            "repository name",
            RepositoryName.init(_:)
        )
    }

    mutating func digest(
        _ bytes: UnsafeRawBufferPointer,
        _ field: StaticString
    ) throws(FieldProblem) -> Int32 {
        guard !bytes.isAbsent else { return -1 }
        return try Self.number(
            of: bytes,
            in: &digests,
            &table.digests,
            field,
            "digest",
            Digest.init(_:)
        )
    }

    mutating func tag(
        _ bytes: UnsafeRawBufferPointer,
        _ field: StaticString
    ) throws(FieldProblem) -> Int32 {
        guard !bytes.isAbsent else { return -1 }
        return try Self.number(
            of: bytes,
            in: &tags,
            &table.tags,
            field,
            "tag",
            TagName.init(_:)
        )
    }

    /// A second digest of one access, as a request by digest has it, which mostly is `first`.
    mutating func digest(
        _ bytes: UnsafeRawBufferPointer,
        after first: Int32,
        _ field: StaticString
    ) throws(FieldProblem) -> Int32 {
        try digests.isText(first, bytes) ? first : digest(bytes, field)
    }

    /// The repository of an access with a digest (-1 for none), which mostly is the same as before.
    mutating func repository(
        _ bytes: UnsafeRawBufferPointer,
        of digest: Int32,
        _ field: StaticString
    ) throws(FieldProblem) -> Int32 {
        let partner = Self.partner(of: digest, in: repositoriesOfDigests)
        if repositories.isText(partner, bytes) { return partner }
        let number = try repository(bytes, field)
        Self.note(number, of: digest, in: &repositoriesOfDigests)
        return number
    }

    /// The tag of an access with a digest (-1 for none), which mostly is the same as before.
    mutating func tag(
        _ bytes: UnsafeRawBufferPointer,
        of digest: Int32,
        _ field: StaticString
    ) throws(FieldProblem) -> Int32 {
        let partner = Self.partner(of: digest, in: tagsOfDigests)
        if tags.isText(partner, bytes) { return partner }
        let number = try tag(bytes, field)
        Self.note(number, of: digest, in: &tagsOfDigests)
        return number
    }

    private static func partner(of digest: Int32, in partners: [Int32]) -> Int32 {
        digest >= 0 && digest < partners.count ? partners[Int(digest)] : -1
    }

    private static func note(_ number: Int32, of digest: Int32, in partners: inout [Int32]) {
        guard digest >= 0, number >= 0 else { return }
        while partners.count <= digest { partners.append(-1) }
        partners[Int(digest)] = number
    }

    mutating func mediaType(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard !bytes.isAbsent else { return -1 }
        let (number, isNew) = mediaTypes.number(ofRepeated: bytes)
        if isNew { table.mediaTypes.append(String(decoding: bytes, as: UTF8.self)) }
        return Int32(number)
    }

    mutating func client(
        address: UnsafeRawBufferPointer,
        actor: UnsafeRawBufferPointer,
        userAgent: UnsafeRawBufferPointer
    ) -> Int32 {
        let bare = ClientAddress.bare(address)
        let length = bare.count + actor.count + userAgent.count + 12
        let (number, isNew) = withUnsafeTemporaryAllocation(byteCount: length, alignment: 4) {
            if let start = $0.baseAddress {
                _ = Self.add(userAgent, to: Self.add(actor, to: Self.add(bare, to: start)))
            }
            return clients.number(of: UnsafeRawBufferPointer($0))
        }
        if isNew {
            table.clients.append(
                AccessTable.Client(
                    address: Self.text(bare),
                    actor: Self.text(actor),
                    userAgent: agent(userAgent)
                )
            )
        }
        return Int32(number)
    }

    /// As ``text(_:)``; equal ones in a row are one.
    private mutating func agent(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard !bytes.isAbsent else { return nil }
        let isSame = lastAgent.withUTF8 { bytes.equals(UnsafeRawBufferPointer($0)) }
        if !isSame { lastAgent = String(decoding: bytes, as: UTF8.self) }
        return lastAgent
    }

    /// Adds a part with its length before it, so that none can pass for a piece of its neighbour.
    @inline(__always)
    private static func add(
        _ part: UnsafeRawBufferPointer,
        to target: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        target.storeBytes(of: UInt32(truncatingIfNeeded: part.count), as: UInt32.self)
        if let source = part.baseAddress {
            (target + 4).copyMemory(from: source, byteCount: part.count)
        }
        return target + 4 + part.count
    }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        bytes.isAbsent ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The number of a value; what is invalid gets none.
    @inline(__always)
    private static func number<Value>(
        of bytes: UnsafeRawBufferPointer,
        in index: inout TextIndex,
        _ values: inout [Value],
        _ field: StaticString,
        _ kind: String,
        _ make: (String) -> Value?
    ) throws(FieldProblem) -> Int32 {
        let (number, isNew) = index.number(of: bytes)
        guard isNew else { return Int32(number) }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let value = make(text) else {
            index.removeLast()
            throw .invalid(field, text, isNot: kind)
        }
        values.append(value)
        return Int32(number)
    }
}
