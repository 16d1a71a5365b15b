package import EventDecoding
package import RegistryModel

/// Reads the blobs of a container as they come and grow, such as the hourly logs of Azure Monitor.
///
/// A blob is looked into only when its ETag has changed, and read from where it was left; that it is
/// still the same is seen by the bytes before that point. Not for use by two at once.
package final class BlobFollower {
    /// A blob that was read, and how far.
    package struct State: Sendable, Equatable {
        package var id: Int64
        /// The ETag up to which it is read; empty where it was not read to its end.
        package var version: String
        package var growth: LogGrowth

        package init(id: Int64, version: String, growth: LogGrowth) {
            self.id = id
            self.version = version
            self.growth = growth
        }
    }

    package struct Reading: Sendable {
        package var body: DecodedBody
        package var address: String
        package var state: State
        package var loss: String?
    }

    private let container: BlobContainer
    private let names: Glob?
    private let dialect: LogDialect
    /// By address.
    private var known: [String: State]
    /// ETags of blobs that were looked into, though they had nothing to record.
    private var seen: [String: String] = [:]

    package init(
        _ container: BlobContainer,
        names: Glob?,
        dialect: LogDialect = LogDialect(),
        known: [String: State]
    ) {
        self.container = container
        self.names = names
        self.dialect = dialect
        self.known = known
    }

    /// Reads all that is new, and gives it to `record` piece by piece.
    ///
    /// What `record` throws is thrown, and the piece is read again at the next call.
    package func look(
        horizon: Timestamp,
        _ record: (Reading) async throws -> Void
    ) async throws {
        var marker: String?
        repeat {
            let page = try await container.list(from: marker)
            for blob in page.blobs where isWanted(blob, horizon) {
                try await read(blob, horizon: horizon, record)
            }
            marker = page.next
        } while marker != nil
    }

    private func isWanted(_ blob: BlobEntry, _ horizon: Timestamp) -> Bool {
        guard blob.length > 0, BlobNames.matches(names, blob.name) else { return false }
        let address = container.address(of: blob.name)
        guard let state = known[address] else {
            // What nobody wrote to since is not remembered any more.
            return seen[address] != blob.version
                && blob.modifiedAt.map { $0 >= horizon } ?? true
        }
        return state.version != blob.version && seen[address] != blob.version
    }

    private func read(
        _ blob: BlobEntry,
        horizon: Timestamp,
        _ record: (Reading) async throws -> Void
    ) async throws {
        let address = container.address(of: blob.name)
        var state =
            known[address]
            ?? State(id: .random(in: 1 ... .max), version: "", growth: LogGrowth())
        var loss: String?
        if state.growth.offset > 0, try await !reload(&state, blob) {
            loss = "\(address) was written anew, and what it held may not have been read to its end"
            state.growth = state.growth.followedByAnother()
        }
        while true {
            let part = try await container.read(
                blob.name,
                from: state.growth.offset,
                count: Self.partLength
            )
            let end = state.growth.offset + Int64(part.bytes.count)
            let isEnd = end >= part.length
            let lines = state.growth.taking(
                part.bytes,
                isEnd: isEnd,
                dialect: dialect,
                horizon: horizon
            )
            let isTooLong = part.bytes.count == Self.partLength
            guard let taken = lines ?? (isTooLong ? state.growth.dropping(part.bytes) : nil) else {
                break
            }
            state.growth = taken.growth
            let isDone = state.growth.offset == part.length
            state.version = isDone ? part.version.withoutQuotes : ""
            try await record(
                Reading(body: taken.body, address: address, state: state, loss: loss)
            )
            known[address] = state
            loss = nil
            if isEnd { break }
        }
        seen[address] = blob.version
    }

    /// Takes the bytes before the point up to which it was read; false when they are others now.
    private func reload(_ state: inout State, _ blob: BlobEntry) async throws -> Bool {
        let offset = state.growth.offset
        guard blob.length >= offset else { return false }
        let count = min(offset, Int64(LogMark.length))
        let part = try await container.read(
            blob.name,
            from: offset - count,
            count: Int(count)
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
