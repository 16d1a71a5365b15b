package import RegistryModel

/// One thing that may go, with every file that goes with it.
package struct Removal: Sendable, Equatable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case blob
        case manifest
        case upload
        /// A layer link to what is not there.
        case link
        /// A folder that holds nothing.
        case folder
    }

    package var kind: Kind
    package var digest: Digest?
    package var repository: RepositoryName?
    package var upload: UploadName?
    /// The sum of `st_size` of `files`.
    package var bytes: Int64
    /// What goes beside layer links; for a folder the folder itself.
    package var own: OwnFiles
    /// The layer links that go.
    package var links: [LayerLink] = []

    /// The files that go beside layer links, in the order in which they go.
    package var ownFiles: [StoragePath] { own.paths(repository, digest) }

    /// All that goes.
    package var files: [StoragePath] { ownFiles + links.map(\.path) }
}

/// Why something stays that nothing needs.
package enum KeepReason: String, Sendable, Hashable, CaseIterable {
    /// It, a link to it or an event that named it is younger than the grace.
    case youngerThanGrace
    /// A push to a repository that links it is under way, and may need it.
    case slowPush
    case uploadActive
    /// A manifest needs it that nothing holds, but which stays for now.
    case heldByKept
    /// It is the content of a manifest, which the registry can't be made to forget.
    case manifestData
    /// Another repository links it, or nothing links it and only some were asked for.
    case outsideScope
    /// Something that could not be understood may need it.
    case unreadable
    case inKeptIndex
    case referrerOfKept
    case taggedManifest
}
