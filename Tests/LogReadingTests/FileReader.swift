import LogReading
import RegistryModel

/// Looks until there is nothing more, and keeps what it was given.
final class FileReader {
    private let follower: FileFollower
    private(set) var keys: [EventKey] = []
    private(set) var losses: [String] = []
    private(set) var rejected = 0
    /// As a ledger has them, the newest first.
    private(set) var states: [FollowedFile]
    var failure: (any Error)?

    init(_ path: String, known: [FollowedFile] = []) {
        states = known
        follower = FileFollower(path: path, known: known.map(Self.stored))
    }

    /// At a time after an arbitrary one.
    func look(after time: Span = .zero) throws -> [String] {
        var tags: [String] = []
        var isMore = true
        while isMore {
            isMore = try follower.look(
                now: Timestamp(milliseconds: 1_772_600_767_000) + time,
                horizon: Timestamp(milliseconds: 0)
            ) { reading in
                if let failure { throw failure }
                tags += reading.body.accesses.compactMap(\.tag?.description)
                keys += reading.body.accesses.map(\.key)
                rejected += reading.body.rejections.count
                if let loss = reading.loss { losses.append(loss) }
                states.removeAll { $0.id == reading.state.id }
                states.insert(reading.state, at: 0)
            }
        }
        return tags
    }

    /// Only the hashes survive.
    private static func stored(_ state: FollowedFile) -> FollowedFile {
        FollowedFile(
            id: state.id,
            device: state.device,
            inode: state.inode,
            growth: LogGrowth(
                state.growth.known,
                accesses: state.growth.accesses,
                lastLine: state.growth.lastLine,
                recentKeys: state.growth.recentKeys
            )
        )
    }
}
