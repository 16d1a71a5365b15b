package import Cleanup
package import RegistryModel

/// One registry: how it is reached and how closely it is watched.
package struct RegistrySettings: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Any registry that follows the OCI distribution specification.
        case oci
        /// Docker Hub, by its own API.
        case dockerhub
        /// An Azure Container Registry.
        case acr
    }

    package var name: String
    package var kind: Kind
    /// `http` or `https`, without credentials and without a slash at the end.
    package var url: String
    /// There together with `password`, or not at all.
    package var username: String?
    package var password: Secret?
    /// Where the filesystem driver's root is on this machine.
    package var storage: String?
    /// Nothing younger is swept from the storage.
    package var grace: Span
    /// Between out of sight and off the disk.
    package var quarantine: Span
    /// The command that restarts the registry after a sweep; empty for none.
    package var afterSweep: [String]
    /// The registry's own collector, run in place of a sweep; nil for none.
    package var garbageCollect: CollectorCommand?
    /// How often the whole is listed; events keep it current between.
    package var inventory: Span
    /// The sum of gaps that coverage forgives; may be zero.
    package var gapTolerance: Span
    /// How often a probe is sent.
    package var probe: Span
    /// The address that clients use, where it differs from `url`.
    package var probeURL: String?
    /// The operator's word that the history is whole from then on.
    package var trustHistoryFrom: Timestamp?
    /// Up to when that holds at most; nil is until the word was given.
    package var trustHistoryUntil: Timestamp?
    /// The repositories to look after where the registry forbids its catalog; nil asks the catalog.
    package var repositories: [RepositoryName]?
    /// The namespace of Docker Hub whose repositories are all looked after.
    package var namespace: String?
    /// Hosts besides the registry's own that may be its token server.
    package var trustRealm: [String] = []
    /// A PEM file with the authority of the certificate, where the system does not know it.
    package var caFile: String?
    /// The access logs that are fetched rather than sent to us.
    package var logs: [LogSource] = []

    package static let defaultInventory = Span.hours(6)
    package static let defaultGapTolerance = Span.minutes(10)
    package static let defaultGrace = Span.hours(1)
    package static let defaultQuarantine = Span.hours(1)
    package static let defaultProbe = Span.minutes(5)
}
