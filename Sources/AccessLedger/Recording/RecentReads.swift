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
    private var current: [Client: [Read]] = [:]
    private var previous: [Client: [Read]] = [:]
    private var count = 0
    private var began = Timestamp(milliseconds: 0)

    /// Remembers a read; a busy registry's oldest ones are forgotten early, and then count.
    func note(_ read: Read, by client: Client) {
        if read.time - began > Self.window || count >= Self.most {
            previous = current
            current = [:]
            count = 0
            began = read.time
        }
        current[client, default: []].append(read)
        count += 1
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
        let taken = ((current[client] ?? []) + (previous[client] ?? [])).filter(isCheck)
        guard !taken.isEmpty else { return [] }
        current[client]?.removeAll(where: isCheck)
        previous[client]?.removeAll(where: isCheck)
        return taken.sorted { $0.time > $1.time }
    }

    func forgetAll() {
        current = [:]
        previous = [:]
        count = 0
    }

    /// How long before its push a client's look at the tag counts as part of pushing.
    private static let window = Span.seconds(60)

    /// About 10 MB in both halves.
    private static let most = 16_384
}
