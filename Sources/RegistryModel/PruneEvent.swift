/// What lastpull tells the world, in the shape of a Docker event (design, section 5.10).
package struct PruneEvent: Sendable, Equatable {
    /// What it is about: `tag`, `manifest`, `blob`, `registry` or `trigger`.
    package var type: String
    /// What happened: `prune` for a cleanup, `plan` for what an observing policy would remove.
    package var action: String
    /// The registry.
    package var actor: String
    package var attributes: [String: String]
    package var time: Timestamp

    package init(
        type: String,
        action: String,
        actor: String,
        attributes: [String: String],
        time: Timestamp
    ) {
        self.type = type
        self.action = action
        self.actor = actor
        self.attributes = attributes
        self.time = time
    }
}
