import RegistryModel

/// The reads of the last minute by client: a client that pushes looks first, and that is no use
/// (design, section 5.1).
///
/// In memory only: after a restart such a read stays counted, which is the side of keeping.
/// Unchecked: it is only touched inside the ledger's write transactions, which are serial.
final class RecentReads: @unchecked Sendable {
    struct Client: Hashable {
        var registryId: Int64
        var source: Int
        var address: String?
        var actor: String?
        var userAgent: String?
    }

    struct Read {
        var time: Timestamp
        var manifest: ManifestKey?
        var tag: TagKey?
        var accessClass: AccessClass
        var previousManifestAccess: Int64
        var previousTagAccess: Int64
    }

    /// The reads since `began`, and those of the time before, which may still be near enough.
    private var current = ReadTable(room: most)
    private var previous = ReadTable(room: most)
    private var began = Timestamp(milliseconds: 0)

    /// Remembers a read; a busy registry's oldest ones are forgotten early, and then count.
    func note(_ read: Read, by client: Client) {
        if read.time - began > Self.window || current.isFull {
            swap(&current, &previous)
            current.removeAll()
            began = read.time
        }
        current.append(read, by: client)
    }

    /// Takes out the reads of a tag or manifest in the minute before `push`, newest first.
    func take(
        by client: Client,
        tag: TagKey?,
        manifest: ManifestKey,
        before push: Timestamp
    ) -> [Read] {
        func isCheck(_ read: Read) -> Bool {
            read.time <= push && read.time >= push - Self.window
                && ((tag != nil && read.tag == tag) || read.manifest == manifest)
        }
        let place = ReadTable.place(of: client, in: manifest.repositoryId)
        let taken =
            current.take(at: place, by: client, where: isCheck)
            + previous.take(at: place, by: client, where: isCheck)
        return taken.sorted { $0.time > $1.time }
    }

    func forgetAll() {
        current.removeAll()
        previous.removeAll()
    }

    /// How long before its push a client's look at the tag counts as part of pushing.
    private static let window = Span.seconds(60)

    /// About 3 MB for each half.
    private static let most = 16_384
}

/// Reads in the order of their coming, which are found by address and repository.
///
/// Nothing is allocated for a read: there is one for every pull, and hardly any is ever asked for.
private struct ReadTable {
    private struct Entry {
        var client: RecentReads.Client
        var read: RecentReads.Read
        /// The one before it with the same place; -1 for none.
        var next: Int32
        var isTaken = false
    }

    private var entries: [Entry] = []
    /// By place, the newest entry.
    private var newest: [Int32]

    /// `room` is a power of two.
    init(room: Int) { newest = Array(repeating: -1, count: room) }

    var isFull: Bool { entries.count >= newest.count }

    mutating func append(_ read: RecentReads.Read, by client: RecentReads.Client) {
        let repository = read.manifest?.repositoryId ?? read.tag?.repositoryId ?? 0
        let index = Self.place(of: client, in: repository) & (newest.count - 1)
        if entries.isEmpty { entries.reserveCapacity(newest.count) }
        entries.append(Entry(client: client, read: read, next: newest[index]))
        newest[index] = Int32(entries.count - 1)
    }

    mutating func take(
        at place: Int,
        by client: RecentReads.Client,
        where isWanted: (RecentReads.Read) -> Bool
    ) -> [RecentReads.Read] {
        var found: [RecentReads.Read] = []
        var index = Int(newest[place & (newest.count - 1)])
        while index >= 0 {
            if !entries[index].isTaken, isWanted(entries[index].read),
                entries[index].client == client
            {
                entries[index].isTaken = true
                found.append(entries[index].read)
            }
            index = Int(entries[index].next)
        }
        return found
    }

    mutating func removeAll() {
        guard !entries.isEmpty else { return }
        entries.removeAll(keepingCapacity: true)
        for index in newest.indices { newest[index] = -1 }
    }

    /// Where the reads of a client in a repository are; others may be there, too.
    static func place(of client: RecentReads.Client, in repositoryId: Int64) -> Int {
        var hasher = Hasher()
        hasher.combine(repositoryId)
        hasher.combine(client.address)
        return hasher.finalize()
    }
}
