package import EventDecoding
package import RegistryModel

/// Reads the blobs of a container as they come and grow, such as the hourly logs of Azure Monitor.
///
/// A blob is looked into only when its ETag has changed, and read from where it was left; that it is
/// still the same is seen by the bytes before that point. One that can't be read holds up no other.
/// Not for use by two at once.
package final class BlobFollower {
    /// A blob that was read, and how far.
    package struct State: Sendable, Equatable {
        package var id: Int64
        /// The ETag up to which it is read; empty where it was not read to its end.
        package var version: String
        package var growth: LogGrowth
        /// When something of it was last recorded; nil where that was in this run.
        package var readAt: Timestamp?

        package init(id: Int64, version: String, growth: LogGrowth, readAt: Timestamp? = nil) {
            self.id = id
            self.version = version
            self.growth = growth
            self.readAt = readAt
        }

        /// Stands for the ETag of a blob whose disappearance is recorded.
        package static let gone = "gone"
    }

    /// Something that was read or noticed, and what holds once it is recorded.
    package struct Reading: Sendable {
        package var body: DecodedBody
        package var address: String
        package var state: State
        /// Something that can't be read any more, in words.
        package var loss: String?
        /// Why the blob can't be read at present.
        package var failure: LogReadingError?
    }

    /// What is there and can't be read.
    package struct Unread: Sendable, Equatable {
        package var blobs: Int
        package var first: LogReadingError
    }

    let container: BlobContainer
    private let names: Glob?
    private let dialect: LogDialect
    /// By name.
    var blobs: [String: FollowedBlob] = [:]
    /// Counts the lists.
    var pass = 0
    /// When the last list was read to its end.
    var listedAt: Timestamp?

    /// `known` is what was read before, by address; what lies elsewhere is left out.
    package init(
        _ container: BlobContainer,
        names: Glob?,
        dialect: LogDialect = LogDialect(),
        known: [String: State]
    ) {
        self.container = container
        self.names = names
        self.dialect = dialect
        for (address, state) in known {
            guard let name = container.name(of: address) else { continue }
            blobs[name] = FollowedBlob(state)
        }
        listedAt = blobs.values.map(\.changedAt).max()
    }

    /// Reads all that is new, and gives it to `record` piece by piece.
    ///
    /// What `record` throws is thrown, and the piece is read again at the next call.
    ///
    /// - Returns: What could not be read though the list tells of it; nil where that is nothing.
    /// - Throws: `LogReadingError` where there is no list.
    package func look(
        now: Timestamp,
        horizon: Timestamp,
        _ record: (Reading) async throws -> Void
    ) async throws -> Unread? {
        pass += 1
        var tries = Tries(horizon: horizon)
        var late: [BlobEntry] = []
        var marker: String?
        repeat {
            let page = try await container.list(from: marker)
            for entry in page.blobs where isWanted(entry, now, horizon) {
                // Those that failed before come last: each may take long.
                if blobs[entry.name]?.failure != nil {
                    late.append(entry)
                } else {
                    try await attempt(entry, &tries, record)
                }
            }
            marker = page.next
        } while marker != nil
        tries.isLate = true
        late.sort { (blobs[$0.name]?.triedIn ?? 0) < (blobs[$1.name]?.triedIn ?? 0) }
        for entry in late { try await attempt(entry, &tries, record) }
        try await noteGone(record)
        listedAt = now
        return unread(besides: tries.left)
    }

    private func unread(besides left: Int) -> Unread? {
        let failing = blobs.filter { $0.value.failure != nil }
        guard let first = failing.min(by: { $0.key < $1.key })?.value.failure else { return nil }
        return Unread(blobs: failing.count + left, first: first)
    }

    /// Notes what a list says of a blob, and tells whether there is something new in it.
    private func isWanted(_ entry: BlobEntry, _ now: Timestamp, _ horizon: Timestamp) -> Bool {
        if let place = blobs.index(forKey: entry.name) {
            let isNew = blobs.values[place].see(entry, pass: pass, now: now)
            if isNew, BlobNames.matches(names, entry.name) { return true }
            blobs.values[place].failure = nil
            return false
        }
        guard entry.length > 0, BlobNames.matches(names, entry.name) else { return false }
        // What nobody wrote to since is not remembered any more.
        let modifiedAt = entry.modifiedAt
        if let modifiedAt, modifiedAt < horizon { return false }
        blobs[entry.name] = FollowedBlob(entry, pass: pass, changedAt: modifiedAt ?? now)
        return true
    }

    // MARK: Reading

    /// How the reads of one pass went.
    private struct Tries {
        let horizon: Timestamp
        var isLate = false
        var failed = 0
        var failedInARow = 0
        /// Blobs that were not tried, of those that did not fail before.
        var left = 0

        /// It is rather the server than the blob.
        var isDown: Bool { failedInARow >= 3 || isLate && failed >= 20 }
        /// Once is enough for what is tried at the next look, too.
        var isPatient: Bool { !isLate && failed < 3 }
    }

    private func attempt(
        _ entry: BlobEntry,
        _ tries: inout Tries,
        _ record: (Reading) async throws -> Void
    ) async throws {
        guard !tries.isDown else {
            if !tries.isLate { tries.left += 1 }
            return
        }
        blobs[entry.name]?.triedIn = pass
        do {
            try await read(entry, isPatient: tries.isPatient, tries.horizon, record)
            blobs[entry.name]?.failure = nil
            tries.failedInARow = 0
        } catch let error as LogReadingError {
            tries.failed += 1
            let isOfTheServer = error.kind == .unavailable || error.kind == .signatureRefused
            tries.failedInARow = isOfTheServer ? tries.failedInARow + 1 : 0
            try await noteFailure(error, of: entry, record)
        }
    }

    private func read(
        _ entry: BlobEntry,
        isPatient: Bool,
        _ horizon: Timestamp,
        _ record: (Reading) async throws -> Void
    ) async throws {
        let address = container.address(of: entry.name)
        let known = blobs[entry.name]?.state
        var state = known ?? State(id: .random(in: 1 ... .max), version: "", growth: LogGrowth())
        var loss: String?
        if state.growth.offset > 0, try await !reload(&state, entry, isPatient) {
            loss = "\(address) was written anew, and what it held may not have been read to its end"
            state.growth = state.growth.followedByAnother()
        }
        while true {
            let part = try await container.read(
                entry.name,
                from: state.growth.offset,
                count: Self.partLength,
                isPatient: isPatient
            )
            let isEnd = state.growth.offset + Int64(part.bytes.count) >= part.length
            let lines = state.growth.taking(
                part.bytes,
                isEnd: isEnd,
                dialect: dialect,
                horizon: horizon
            )
            let isTooLong = part.bytes.count == Self.partLength
            let taken = lines ?? (isTooLong ? state.growth.dropping(part.bytes) : nil)
            if let taken { state.growth = taken.growth }
            let isDone = state.growth.offset == part.length
            state.version = isDone ? part.version.withoutQuotes : ""
            // Nothing new is worth no record, but that it is whole again.
            if taken != nil || loss != nil || known?.version == "" && isDone {
                let body = taken?.body ?? DecodedBody()
                try await record(Reading(body: body, address: address, state: state, loss: loss))
                blobs[entry.name]?.state = state
                loss = nil
            }
            if taken == nil || isEnd { break }
        }
        blobs[entry.name]?.looked = entry.version
        blobs[entry.name]?.state?.version = state.version
        blobs[entry.name]?.forgetBytes()
    }

    /// Takes the bytes before the point up to which it was read; false when they are others now.
    private func reload(
        _ state: inout State,
        _ entry: BlobEntry,
        _ isPatient: Bool
    ) async throws -> Bool {
        let offset = state.growth.offset
        guard entry.length >= offset else { return false }
        let count = min(offset, Int64(LogMark.length))
        let part = try await container.read(
            entry.name,
            from: offset - count,
            count: Int(count),
            isPatient: isPatient
        )
        guard LogMark.hash(part.bytes) == state.growth.mark.tail else { return false }
        state.growth.load(beginning: [], tail: part.bytes)
        return true
    }

    private static let partLength = 4 << 20
}

/// Which blobs of a container are meant.
package enum BlobNames {
    /// A glob with a slash is held against the whole name, another against its last part.
    package static func matches(_ glob: Glob?, _ name: String) -> Bool {
        guard let glob else { return true }
        guard !glob.description.contains("/") else { return glob.matches(name) }
        return glob.matches(name.split(separator: "/").last ?? "")
    }
}

extension String {
    fileprivate var withoutQuotes: String {
        count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
    }
}
