package import RegistryModel

/// A stored plan, and the run that carries it out (design, sections 5.5 and 6.4).
package struct RunRecord: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Stored only: asked for by `plan`, `--dry-run` or a policy that observes.
        case planned
        /// Held by a brake until it is approved.
        case waiting
        /// Was waiting when a newer plan of the same came.
        case superseded
        case running
        case done
        /// Ended, and some items failed or were skipped.
        case partly
        case failed

        package var isOver: Bool { self != .running && self != .waiting }

        /// Whether nothing of it is carried out.
        package var isPlan: Bool { self == .planned || self == .waiting || self == .superseded }
    }

    package var name: RunName
    /// The trigger's name, or the command.
    package var cause: String
    /// What was measured when the trigger fired, for people.
    package var measured: String
    /// What it was planned over, for planning it again at approval.
    package var scope: String
    package var mode: String
    package var state: State
    /// Why it waits, failed, or freed less than needed.
    package var note: String
    package var createdAt: Timestamp
    package var endedAt: Timestamp?
    package var kept: Int
    /// Reasons for keeping with their counts.
    package var keptReasons: [String: Int]
    /// Equal for plans that would remove the same.
    package var fingerprint: String
    package var items: PackedList<RunItem>
    /// What goes from the registry's own disk.
    package var storage: PackedList<StorageItem>
    /// What goes from an engine.
    package var engine: [EngineItem]
    /// What came back, where that is measured for each kind and not item by item.
    package var freed: [RunFreed]

    package init(
        name: RunName,
        cause: String,
        measured: String,
        scope: String,
        mode: String,
        state: State,
        createdAt: Timestamp
    ) {
        self.name = name
        self.cause = cause
        self.measured = measured
        self.scope = scope
        self.mode = mode
        self.state = state
        note = ""
        self.createdAt = createdAt
        kept = 0
        keptReasons = [:]
        fingerprint = ""
        items = []
        storage = []
        engine = []
        freed = []
    }
}

extension RunRecord {
    /// Bytes that the run itself gave back.
    package var reclaimed: Int64 {
        StorageSums(storage).reclaimed + freed.reduce(0) { $0 + $1.reclaimed }
    }

    /// Whether it removes images over a registry's API, and nothing else.
    package var isOfRegistry: Bool { storage.isEmpty && engine.isEmpty && freed.isEmpty }

    /// The run as it is taken up again after a kill or a refusal; nil where nothing is left to do.
    package func reopened() -> RunRecord? {
        guard items.contains(where: \.isHalfDone) else { return state == .running ? self : nil }
        var run = self
        run.items = PackedList(
            items.lazy.map { item in
                var item = item
                if item.isHalfDone { item.state = .started }
                return item
            }
        )
        return run
    }
}

/// One removal of a run.
package struct RunItem: Sendable, Equatable {
    package enum State: String, Sendable {
        case planned
        /// Begun: after a kill it must be finished or undone.
        case started
        case quarantined
        case done
        case skipped
        case failed
    }

    package var ordinal: Int
    package var kind: String
    package var registry: RegistryRow
    package var repositoryId: Int64
    package var repository: RepositoryName
    package var tagId: Int64?
    package var tag: TagName?
    package var manifestId: Int64?
    package var digest: Digest?
    package var reason: String
    /// The reason in words, with its numbers.
    package var why: String
    package var policy: String?
    /// Whether the policy that decided enforces; an observed item is never carried out.
    package var isEnforced = true
    package var lastAccess: Timestamp?
    package var accesses: Int
    package var bytes: Int64
    /// Whether a tag takes its manifest along.
    package var removesManifest: Bool
    package var state: State = .planned
    /// What happened, where it was not simply done.
    package var detail = ""
    /// How far a begun removal has come.
    package var step = ""

    /// The detail of an item that is done because somebody else had removed it.
    package static let wasGone = "was not there any more"

    /// Whether a tag goes and leaves its manifest.
    var isTagAlone: Bool { tagId != nil && !removesManifest }

    /// Whether it failed between two steps and can be finished.
    package var isHalfDone: Bool { state == .failed && !step.isEmpty }

    package init(
        ordinal: Int,
        kind: String,
        registry: RegistryRow,
        repositoryId: Int64,
        repository: RepositoryName,
        reason: String
    ) {
        self.ordinal = ordinal
        self.kind = kind
        self.registry = registry
        self.repositoryId = repositoryId
        self.repository = repository
        self.reason = reason
        why = ""
        accesses = 0
        bytes = 0
        removesManifest = false
    }
}
