import Foundation
import LogReading
import RegistryModel

/// Looks, and keeps what it was given.
final class BlobReader {
    private let follower: BlobFollower
    private let began = Timestamp(seconds: Date().timeIntervalSince1970)
    private(set) var states: [String: BlobFollower.State]
    private(set) var losses: [String] = []
    private(set) var failures: [LogReadingError] = []
    private(set) var unread: BlobFollower.Unread?

    init(_ container: BlobContainer, known: [String: BlobFollower.State] = [:]) {
        states = known
        let stored = known.mapValues { [began] state in
            BlobFollower.State(
                id: state.id,
                version: state.version,
                growth: LogGrowth(
                    state.growth.known,
                    accesses: state.growth.accesses,
                    lastLine: state.growth.lastLine,
                    recentKeys: state.growth.recentKeys
                ),
                readAt: began
            )
        }
        follower = BlobFollower(container, names: nil, known: stored)
    }

    /// At a time after this test began.
    func look(after time: Span = .zero) async throws -> [String] {
        var tags: [String] = []
        unread = try await follower.look(
            now: began + time,
            horizon: Timestamp(milliseconds: 0)
        ) { reading in
            tags += reading.body.accesses.compactMap(\.tag?.description)
            states[reading.address] = reading.state
            if let loss = reading.loss { losses.append(loss) }
            if let failure = reading.failure { failures.append(failure) }
        }
        return tags
    }
}
