/// How a manifest was used (design, section 2).
package enum AccessClass: String, Sendable, Hashable, CaseIterable {
    /// Its content was fetched: GET answered 200.
    case pull
    /// Its existence or digest was asked for: HEAD, or GET answered 304.
    case resolve
    /// It was written: PUT answered 201.
    case push
    /// It, or a tag, was deleted.
    case delete
}

/// Where an access was heard; a registry may be heard through both.
package enum AccessSource: Int, Sendable, Hashable, CaseIterable {
    /// Notification webhooks.
    case events = 0
    /// Access logs.
    case log = 1
    /// What a container engine does with the registry's images.
    case engine = 2
}

/// The identity of one delivered event or log record, for counting it once.
package struct EventKey: Sendable, Hashable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// One request that a registry reports, as a decoder understood it.
///
/// A value without opinion: what of it counts is the ledger's matter.
package struct Access: Sendable, Equatable {
    package var key: EventKey
    /// The sender's own stamp, uncorrected.
    package var time: Timestamp
    package var `class`: AccessClass
    package var repository: RepositoryName
    package var digest: Digest?
    package var tag: TagName?
    package var mediaType: String?
    /// Bytes of the manifest itself, where the source says so.
    package var size: Int64?
    /// The client's address without port.
    package var address: String?
    package var actor: String?
    package var userAgent: String?
    /// The registry process that reports it (`source.instanceID`), which changes with each start.
    package var instance: String?
    /// True when the stamp has whole seconds only, as access log lines have.
    package var isSecondGranular: Bool

    package init(
        key: EventKey,
        time: Timestamp,
        class: AccessClass,
        repository: RepositoryName,
        digest: Digest? = nil,
        tag: TagName? = nil,
        mediaType: String? = nil,
        size: Int64? = nil,
        address: String? = nil,
        actor: String? = nil,
        userAgent: String? = nil,
        instance: String? = nil,
        isSecondGranular: Bool = false
    ) {
        self.key = key
        self.time = time
        self.class = `class`
        self.repository = repository
        self.digest = digest
        self.tag = tag
        self.mediaType = mediaType
        self.size = size
        self.address = address
        self.actor = actor
        self.userAgent = userAgent
        self.instance = instance
        self.isSecondGranular = isSecondGranular
    }
}

/// A request for something that the registry did not have.
package struct Miss: Sendable, Equatable {
    /// Who asked for what; no access, for nothing was used.
    package var access: Access
    /// Whether the digest is a blob's, else a manifest's.
    package var isBlob: Bool

    package init(access: Access, isBlob: Bool = false) {
        self.access = access
        self.isBlob = isBlob
    }
}

/// What a decoder made of one body.
package struct DecodedBody: Sendable, Equatable {
    /// A part of a body that could not be understood.
    package struct Rejection: Sendable, Equatable {
        /// One line: what is wrong, naming the subject.
        package var reason: String
        /// The offending bytes, cut to `Rejection.longestExcerpt`.
        package var excerpt: [UInt8]

        package init(reason: String, excerpt: some Sequence<UInt8>) {
            self.reason = reason
            self.excerpt = Array(excerpt.prefix(Self.longestExcerpt))
        }

        /// Enough to recognise a sender's mistake, little enough to keep a hundred of them.
        package static let longestExcerpt = 4_096
    }

    /// A kind of webhook.
    package struct Sender: Sendable, Equatable {
        /// In lower case, such as `harbor`.
        package var kind: String
        /// Whether it reports pulls at all.
        package var tellsPulls: Bool

        package init(kind: String, tellsPulls: Bool) {
            self.kind = kind
            self.tellsPulls = tellsPulls
        }
    }

    /// What a socket took to make this body, and what it could not.
    package struct SocketNews: Sendable, Equatable {
        /// As the settings name it, `udp://127.0.0.1:5514`.
        package var address: String
        package var lines: Int
        package var dropped: Int

        package init(address: String, lines: Int, dropped: Int) {
            self.address = address
            self.lines = lines
            self.dropped = dropped
        }
    }

    package var accesses: [Access] = []
    /// Whether anyone may have said it, so that it is not believed.
    ///
    /// It counts as use of what is known to be there. Whatever else it says, of pushes, deletes and
    /// unknown images, has to be proven by the registry.
    package var isHearsay = false
    /// When the registry was asked for what stands here; nil where it was not.
    ///
    /// A tag that is read pointed there then, which is more than a client's read shows.
    package var provenAt: Timestamp?
    /// Why something that was said is known to be missing here; nil where nothing is.
    package var loss: String?
    package var socket: SocketNews?
    /// Who sent it; nil for distribution, whose notifications come by thousands, and for logs.
    package var sender: Sender?
    /// Well-formed records that say nothing about manifests: blob requests, failed requests,
    /// unknown actions, other categories.
    package var ignored = 0
    /// What could not be understood, the first hundred parts of it.
    package var rejections: [Rejection] = []
    /// How many more there were: a body of nothing but faults must not take many times its own size.
    package var furtherRejections = 0
    /// Registry processes heard in ignored records, with the newest stamp of each: proof of life.
    package var instances: [String: Timestamp] = [:]
    /// Blobs that ignored records name and that were there: pushed, mounted, read or looked for.
    ///
    /// It is no access, but who looked for a blob may be pushing what needs it.
    package private(set) var blobs: Set<Digest> = []
    /// Whether more blobs were named than are kept here: any may have been.
    package private(set) var namesFurtherBlobs = false
    /// Requests for what was not found, which may be something that was removed.
    package private(set) var misses: [Miss] = []

    package init() {}

    /// Brings many accesses into the order in which a ledger keeps their keys, which makes them
    /// quicker to record; each has its time, so their order says nothing.
    package mutating func sortAccesses() {
        let keys = accesses.enumerated().map { index, access in
            (
                access.time.milliseconds, Int64(bitPattern: access.key.high),
                Int64(bitPattern: access.key.low), index
            )
        }
        accesses = keys.sorted { $0 < $1 }.map { accesses[$0.3] }
    }

    /// How many parts could not be understood.
    package var rejected: Int { rejections.count + furtherRejections }

    /// Content that ignored records ask for by its digest, whether it was there or not.
    ///
    /// It is no access, but what is in quarantine has to come back for it.
    package var mentions: Set<Digest> { blobs.union(misses.lazy.compactMap(\.access.digest)) }

    /// Takes note of a blob that is asked for and was there.
    package mutating func note(blob: Digest) {
        if blobs.count < Self.mostBlobs || blobs.contains(blob) {
            blobs.insert(blob)
        } else {
            namesFurtherBlobs = true
        }
    }

    /// Takes note of all blobs that a part of the same body names.
    package mutating func noteBlobs(of other: DecodedBody) {
        // Of more nobody asks which they were.
        guard !namesFurtherBlobs else { return }
        for blob in other.blobs { note(blob: blob) }
        if other.namesFurtherBlobs { namesFurtherBlobs = true }
    }

    /// Takes note of a request for what was not found.
    package mutating func note(_ miss: Miss) {
        if misses.count < Self.mostMisses { misses.append(miss) }
    }

    /// More in one body come from somebody who tries out names.
    private static let mostMisses = 4_096

    /// Some megabytes; with more in one body, nothing is swept for a time.
    private static let mostBlobs = 16_384
}
