package import AccessLedger
package import Cleanup
import LogReading
import RegistryModel

extension Deployment {
    /// The logs that the settings let follow for a registry, and how that goes; the second is nil for
    /// one that was never looked at.
    package func followed(
        of target: CleanupTarget
    ) async throws -> [(place: String, state: FollowedPlace?)] {
        let places = places(of: target)
        guard !places.isEmpty else { return [] }
        let known = try await ledger.followed().filter { $0.registry == target.row.name }
        return places.map { place in (place, known.first { $0.place == place }) }
    }

    /// Forgets what the settings let follow no longer, so that it is no gap for ever.
    func forgetFormerLogs() async throws {
        for target in targets {
            try await ledger.keepFollowed(Set(places(of: target)), of: target.row, now: now())
        }
    }

    private func places(of target: CleanupTarget) -> [String] {
        settings.registries
            .filter { $0.name == target.row.name }
            .flatMap { $0.logs.compactMap(\.followedPlace) }
    }
}

extension LogSource {
    /// The path, or the address without its signature; nil for what is sent to us.
    fileprivate var followedPlace: String? {
        switch self {
        case .file(let path, _): path
        case .blobs(let place, _, _): place.description
        case .syslog: nil
        }
    }
}
