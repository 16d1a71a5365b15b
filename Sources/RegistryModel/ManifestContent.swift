/// What a manifest refers to, read from its bytes once and for ever: manifests never change.
package struct ManifestContent: Sendable, Equatable {
    package var mediaType: String
    /// Configuration and layers; of an index what it holds beside manifests, as BuildKit's caches do.
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
