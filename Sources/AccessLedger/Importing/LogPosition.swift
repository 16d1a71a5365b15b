package import RegistryModel

/// How far a log was read: a file or blob, known by its content.
///
/// It is stored in the transaction that records what was read, so that a kill between the two can't
/// count a line twice or not at all. Offsets count the bytes of the log itself, also where it is
/// compressed.
package struct LogPosition: Sendable, Equatable {
    /// Chosen by whoever reads it first.
    package var id: Int64
    /// The path, or the address without its signature.
    package var place: String
    /// Where the file system has it; zero for blobs.
    package var device: Int64 = 0
    package var inode: Int64 = 0
    /// A blob's ETag; empty for files.
    package var version = ""
    /// The hash of the first `headLength` bytes.
    package var head: [UInt8] = []
    package var headLength = 0
    /// The hash of the last bytes before `offset`.
    package var tail: [UInt8] = []
    package var offset: Int64 = 0
    /// Whether the last record that was counted had no line's end yet.
    package var isCut = false
    /// Accesses in what was read, however they counted.
    package var accesses = 0
    /// The newest stamp in what was read.
    package var lastLine: Timestamp?
    /// The keys of the newest second, by which an equal line that follows is told from one that is
    /// delivered twice.
    package var recentKeys: [EventKey] = []
    /// Whether it was imported by hand; else it is followed.
    package var isImported: Bool
    /// When something of it was last recorded; set by the ledger.
    package var readAt = Timestamp(milliseconds: 0)

    package init(place: String, isImported: Bool, id: Int64 = .random(in: 1 ... .max)) {
        self.id = id
        self.place = place
        self.isImported = isImported
    }
}

/// A place that is followed, and how that goes.
package struct FollowedPlace: Sendable, Equatable {
    package var registry: String
    package var place: String
    /// Why it can't be read; empty while all is well.
    package var problem: String
    /// Since when that is so.
    package var changedAt: Timestamp
    /// When it was last looked at.
    package var readAt: Timestamp
    /// The newest of what was read there.
    package var newest: LogPosition?
    /// Accesses in all that was read there.
    package var accesses: Int
    /// Files or blobs that were read there.
    package var files: Int
}
