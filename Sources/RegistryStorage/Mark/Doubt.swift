package import RegistryModel

/// Something that could not be understood, and what is kept for it.
package struct Doubt: Sendable, Equatable {
    package enum Extent: Sendable, Equatable {
        /// It is left alone itself; it can't hide a reference.
        case entry
        /// All that its repository links is kept, and all its manifests.
        case repository
        /// References may hide where they can't be read: no blob goes at all.
        case registry
    }

    package var path: StoragePath
    package var repository: RepositoryName?
    package var extent: Extent
    package var text: String
}

extension Doubt: CustomStringConvertible {
    package var description: String { "\(path): \(text)" }
}
