package import RegistryModel

/// An engine's row in the ledger.
package struct EngineRow: Sendable, Hashable {
    package var id: Int64
    package var name: String

    package init(id: Int64, name: String) {
        self.id = id
        self.name = name
    }
}

/// One removal in an engine: an image, a container, a network, a volume or a record of its cache.
package struct EngineItem: Sendable, Equatable {
    package var ordinal: Int
    package var engine: EngineRow
    /// `image`, `container`, `network`, `volume` or `builder`.
    package var kind: String
    /// The id; a volume's name.
    package var subject: String
    /// An image's tags; the name of anything else.
    package var names: [String]
    /// What an image was pulled as, such as `team/api@sha256:…`: by that it can be pulled again.
    package var digests: [String]
    package var reason: String
    /// The reason in words, with its numbers.
    package var why: String
    package var policy: String?
    /// Whether the policy that decided enforces; an observed item is never carried out.
    package var isEnforced: Bool
    package var lastUse: Timestamp?
    package var uses: Int
    /// Bytes that go with it, whatever else stays.
    package var bytes: Int64
    /// Bytes of it all, shared ones included: no more than these can come back.
    package var size: Int64
    package var state: RunItem.State
    package var detail: String

    /// Whether it is still to be carried out.
    package var isOpen: Bool { isEnforced && state == .planned }

    package init(
        ordinal: Int,
        engine: EngineRow,
        kind: String,
        subject: String,
        names: [String],
        digests: [String] = [],
        reason: String,
        why: String = "",
        policy: String? = nil,
        isEnforced: Bool = true,
        lastUse: Timestamp? = nil,
        uses: Int = 0,
        bytes: Int64 = 0,
        size: Int64 = 0,
        state: RunItem.State = .planned,
        detail: String = ""
    ) {
        self.ordinal = ordinal
        self.engine = engine
        self.kind = kind
        self.subject = subject
        self.names = names
        self.digests = digests
        self.reason = reason
        self.why = why
        self.policy = policy
        self.isEnforced = isEnforced
        self.lastUse = lastUse
        self.uses = uses
        self.bytes = bytes
        self.size = size
        self.state = state
        self.detail = detail
    }
}

/// What really came back of one kind of thing, measured.
package struct RunFreed: Sendable, Equatable {
    package var kind: String
    /// Bytes of all of that kind before the run began, where that was measured.
    package var before: Int64?
    package var reclaimed: Int64

    package init(kind: String, before: Int64? = nil, reclaimed: Int64 = 0) {
        self.kind = kind
        self.before = before
        self.reclaimed = reclaimed
    }
}
