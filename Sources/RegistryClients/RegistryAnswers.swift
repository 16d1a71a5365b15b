package import RegistryModel

/// What names a manifest in its repository.
package enum ManifestReference: Sendable, Hashable, CustomStringConvertible {
    case tag(TagName)
    case digest(Digest)

    package var description: String {
        switch self {
        case .tag(let tag): tag.description
        case .digest(let digest): digest.description
        }
    }

    /// `team/api:v1` or `team/api@sha256:…`, for messages.
    func subject(in repository: RepositoryName) -> String {
        switch self {
        case .tag(let tag): "\(repository):\(tag)"
        case .digest(let digest): "\(repository)@\(digest)"
        }
    }
}

/// A manifest whose bytes have the digest.
package struct FetchedManifest: Sendable, Equatable {
    package var digest: Digest
    /// The answer's `Content-Type` without parameters, or nil where it has none.
    package var mediaType: String?
    package var bytes: [UInt8]

    package init(digest: Digest, mediaType: String?, bytes: [UInt8]) {
        self.digest = digest
        self.mediaType = mediaType
        self.bytes = bytes
    }
}

/// What the registry says of a manifest; unverified.
package struct HeadAnswer: Sendable, Equatable {
    package var digest: Digest?
    package var mediaType: String?
    /// Bytes.
    package var size: Int64?

    package init(digest: Digest? = nil, mediaType: String? = nil, size: Int64? = nil) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
    }
}

package enum DeleteAnswer: Sendable, Equatable {
    case deleted
    /// The registry does not have it (any more).
    case alreadyGone
}

/// What a registry lets us delete in a repository.
package enum DeletePower: Sendable, Hashable {
    /// Tags, and manifests by digest.
    case byTag
    /// Tags one by one, and manifests by digest with all their tags at once.
    case byTagAndDigest
    /// Tags only: what becomes of their manifests is the registry's own business.
    case tagOnly
    /// Manifests by digest only, which takes all their tags along.
    case digestOnly
    /// Deletes are switched off.
    case disabled
    /// The credentials do not suffice; with one line that says what was refused.
    case forbidden(String)

    /// Whether anything can be deleted.
    package var permits: Bool {
        switch self {
        case .byTag, .byTagAndDigest, .tagOnly, .digestOnly: true
        case .disabled, .forbidden: false
        }
    }
}

/// A user of the registry.
package struct Credentials: Sendable, Equatable {
    package var username: String
    package var password: Secret

    package init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }
}
