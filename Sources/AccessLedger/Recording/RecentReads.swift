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
        var manifest: BatchRecorder.ManifestKey?
        var tag: BatchRecorder.TagKey?
        var accessClass: AccessClass
        var previousManifestAccess: Int64
        var previousTagAccess: Int64
    }

    private var reads: [Client: [Read]] = [:]
    private var count = 0
    private var newest = Timestamp(milliseconds: 0)
    /// When old reads were last looked for.
    private var swept = Timestamp(milliseconds: 0)

    func note(_ read: Read, by client: Client) {
        newest = max(newest, read.time)
        if count >= Self.most, newest - swept >= Self.sweepInterval { forgetOld() }
        guard count < Self.most else { return }
        reads[client, default: []].append(read)
        count += 1
    }

    /// Takes out the reads of a tag or manifest in the minute before `push`, newest first.
    func take(
        by client: Client,
        tag: BatchRecorder.TagKey?,
        manifest: BatchRecorder.ManifestKey,
        before push: Timestamp
    ) -> [Read] {
        guard let known = reads[client] else { return [] }
        var taken: [Read] = []
        var left: [Read] = []
        for read in known {
            let isNear = read.time <= push && read.time >= push - Self.window
            let isSame = (tag != nil && read.tag == tag) || read.manifest == manifest
            if isNear && isSame { taken.append(read) } else { left.append(read) }
        }
        count -= taken.count
        reads[client] = left.isEmpty ? nil : left
        return taken.sorted { $0.time > $1.time }
    }

    func forgetAll() {
        reads = [:]
        count = 0
    }

    private func forgetOld() {
        swept = newest
        let horizon = newest - Self.window
        reads = reads.compactMapValues { list in
            let fresh = list.filter { $0.time >= horizon }
            return fresh.isEmpty ? nil : fresh
        }
        count = reads.values.reduce(0) { $0 + $1.count }
    }

    /// How long before its push a client's look at the tag counts as part of pushing.
    private static let window = Span.seconds(60)

    /// Looking through all of them for each read would take longer than all else.
    private static let sweepInterval = Span.seconds(1)

    /// About 10 MB; beyond that reads simply count.
    private static let most = 32_768
}
