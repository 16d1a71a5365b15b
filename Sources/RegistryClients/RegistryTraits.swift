/// What a kind of registry can't do, or does better than the OCI API, for plans and for people.
package struct RegistryTraits: Sendable, Equatable {
    /// Why what is removed can't be put back; nil where it can, while its blobs exist.
    package var noWayBack: String?
    /// Whether it tells of each tag when that was last pulled.
    package var tellsLastPull: Bool
    /// Whether its listing names manifests without a tag.
    package var listsUntagged: Bool
    /// Whether one read of a manifest can be sent as a probe that must be reported.
    package var canBeProbed: Bool
    /// Removals under way at once.
    package var width: Int

    package init(
        noWayBack: String? = nil,
        tellsLastPull: Bool = false,
        listsUntagged: Bool = false,
        canBeProbed: Bool = true,
        width: Int = 1
    ) {
        self.noWayBack = noWayBack
        self.tellsLastPull = tellsLastPull
        self.listsUntagged = listsUntagged
        self.canBeProbed = canBeProbed
        self.width = width
    }
}
