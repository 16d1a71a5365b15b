import EventDecoding
import RegistryModel

/// A blob that a list has told of, or of which something was read before.
struct FollowedBlob {
    /// What was read of it; nil for nothing.
    var state: BlobFollower.State?
    /// Its ETag in the newest list that held it.
    var listed: String
    /// The ETag up to which it was looked into, also where that had nothing to record.
    var looked: String
    /// When it was last written to.
    var changedAt: Timestamp
    /// The number of the last list that held it, and of the one after which it was last tried.
    var seenIn = 0
    var triedIn = 0
    /// Why it can't be read at present.
    var failure: LogReadingError?
    var isGone = false

    init(_ entry: BlobEntry, pass: Int, changedAt: Timestamp) {
        listed = entry.version
        looked = ""
        self.changedAt = changedAt
        seenIn = pass
    }

    /// As it was left in an earlier run.
    init(_ state: BlobFollower.State) {
        var state = state
        isGone = state.version == BlobFollower.State.gone
        if isGone { state.version = "" }
        if state.growth.offset == 0 { state.growth = LogGrowth() }
        self.state = state
        listed = state.version
        looked = state.version
        changedAt = state.growth.lastLine ?? state.readAt ?? Timestamp(milliseconds: 0)
    }

    /// Whether it held something, when it was last seen, that nobody has read.
    var isUnread: Bool { looked != listed || state?.version.isEmpty == true }

    /// Takes what a list says of it; true when there is something new in it.
    mutating func see(_ entry: BlobEntry, pass: Int, now: Timestamp) -> Bool {
        seenIn = pass
        isGone = false
        if listed != entry.version {
            listed = entry.version
            changedAt = entry.modifiedAt ?? now
        }
        // A read may be ahead of the list.
        if state?.version == entry.version { looked = entry.version }
        return looked != entry.version && (entry.length > 0 || (state?.growth.offset ?? 0) > 0)
    }

    /// Keeps of what was read only what is stored, too: there may be many thousand blobs.
    mutating func forgetBytes() {
        guard let growth = state?.growth, growth.offset > 0 else { return }
        state?.growth = LogGrowth(
            growth.known,
            accesses: growth.accesses,
            lastLine: growth.lastLine,
            recentKeys: growth.recentKeys
        )
    }
}
