/// A reference from one manifest to content: digest and size.
package struct Descriptor: Sendable, Hashable {
    package var digest: Digest
    /// Bytes, as the manifest claims them; nil where it does not say (schema 1), where the content
    /// is stored elsewhere, and where no content is as large as it says.
    package var size: Int64?
    /// Whether the content is stored outside of the registry, as the base layers of Windows are: the
    /// registry may not have it, and clients do not ask it.
    package var isElsewhere: Bool

    package init(digest: Digest, size: Int64?, isElsewhere: Bool = false) {
        self.digest = digest
        let isPossible = size.map { (0...Self.largestClaim).contains($0) } ?? false
        self.size = isPossible && !isElsewhere ? size : nil
        self.isElsewhere = isElsewhere
    }

    /// The most bytes that content, or all that one manifest refers to, is believed to have: 32 TiB.
    ///
    /// Registries take manifests with any claim, and never check it. No layer is as large; and sums of
    /// what a quarter of a million manifests claim still fit into 64 bits.
    package static let largestClaim: Int64 = 1 << 45
}
