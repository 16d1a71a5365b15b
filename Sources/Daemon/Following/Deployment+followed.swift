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
        let places = settings.registries
            .filter { $0.name == target.row.name }
            .flatMap { $0.logs.compactMap(\.followedPlace) }
        guard !places.isEmpty else { return [] }
        let known = try await ledger.followed().filter { $0.registry == target.row.name }
        return places.map { place in (place, known.first { $0.place == place }) }
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
