/// A reference from one manifest to content: digest and size.
package struct Descriptor: Sendable, Hashable {
    package var digest: Digest
    /// Bytes, nil where the manifest does not say (schema 1).
    package var size: Int64?

    package init(digest: Digest, size: Int64?) {
        self.digest = digest
        self.size = size
    }
}

/// What a manifest refers to, read from its bytes once and for ever: manifests never change.
package struct ManifestContent: Sendable, Equatable {
    package var mediaType: String
    /// Configuration and layers; none for an index.
    package var blobs: [Descriptor]
    /// The manifests of an index.
    package var children: [Descriptor]
    /// The manifest that this one is a referrer of.
    package var subject: Digest?
    package var isIndex: Bool

    package init(
        mediaType: String,
        blobs: [Descriptor] = [],
        children: [Descriptor] = [],
        subject: Digest? = nil,
        isIndex: Bool = false
    ) {
        self.mediaType = mediaType
        self.blobs = blobs
        self.children = children
        self.subject = subject
        self.isIndex = isIndex
    }
}
