package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel

/// Hears an engine's events, and remembers when each image was last used.
///
/// The engine keeps no more than its last 256 events. Where the last event that was taken in is not
/// among them any more, something may have happened that nobody heard: every image then counts as
/// used now.
package actor EngineWatch {
    private let target: EngineTarget
    private let ledger: Ledger
    private let history: Span
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    /// The image of each container that is known.
    private var images: [String: String] = [:]
    private var waiting: [(image: String, at: Timestamp)] = []
    /// Nanoseconds; up to here events are taken in.
    private var heardTo: Int64 = 0
    /// Whether all that happened is taken in: what an engine did while nobody listened may matter.
    package private(set) var isCaughtUp = false
    /// What was read before the connection stood, and comes by it once more.
    private var replayed: Set<EventIdentity> = []
    private var lastFailure = ""
    /// Whether a connection has stood until the other side ended it.
    private var wasConnected = false

    package init(
        target: EngineTarget,
        ledger: Ledger,
        history: Span,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.target = target
        self.ledger = ledger
        self.history = history
        self.logger = logger
        self.now = now
    }

    /// Hears the engine until the connection breaks, and says why it did, once for each reason.
    package func run() async throws {
        do {
            try await listen()
        } catch let error as CancellationError {
            throw error
        } catch {
            let text = "\(error)"
            guard text != lastFailure else { return }
            lastFailure = text
            logger.warning(
                "an engine is not heard; what it forgets meanwhile counts as used",
                metadata: ["engine": "\(target.name)", "reason": "\(text)"]
            )
        }
    }

    /// Connects, and takes events in until the connection breaks.
    private func listen() async throws {
        let known = try await ledger.heardTo(of: target.row)
        let replay = try await replay(since: known)
        let isGap = !isContinuous(replay, since: known)
        // Who listens before looking misses nothing between the two.
        let events = try await target.client.events(since: replay.last, types: [])
        try await look(isGap: isGap && known != nil)
        try await flush()
        isCaughtUp = true
        defer { isCaughtUp = false }
        wasConnected = true
        lastFailure = ""
        logger.info(
            "hearing an engine",
            metadata: ["engine": "\(target.name)", "gap": "\(isGap && known != nil)"]
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await event in events { await self.takeLive(event) }
            }
            group.addTask {
                var lookedAt = self.now()
                while true {
                    try await Task.sleep(for: .seconds(1))
                    try await self.flush()
                    guard self.now() - lookedAt >= Self.lookInterval else { continue }
                    lookedAt = self.now()
                    try await self.look(isGap: false)
                }
            }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
    }

    /// What is not told by events, such as the images of a build, is seen by looking.
    private static let lookInterval = Span.minutes(10)

    // MARK: Continuity

    private struct Replay {
        var count = 0
        var isKnown = false
        /// Nanoseconds of the newest event.
        var last: Int64
    }

    /// Reads what the engine remembers from `known` on.
    private func replay(since known: Int64?) async throws -> Replay {
        var replay = Replay(last: known ?? 0)
        guard let known else {
            replay.last = now().milliseconds * 1_000_000
            return replay
        }
        replayed = []
        let past = try await target.client.pastEvents(
            since: known,
            until: now().milliseconds * 1_000_000
        )
        for event in past {
            replay.count += 1
            replayed.insert(EventIdentity(event))
            if event.nanoseconds == known { replay.isKnown = true }
            if event.nanoseconds > known { await take(event) }
        }
        // Asked for once more from the same place: what came in between is not missed.
        replay.last = known
        return replay
    }

    private func isContinuous(_ replay: Replay, since known: Int64?) -> Bool {
        guard known != nil else { return true }
        if replay.isKnown { return true }
        // An engine that was heard until it went away has forgotten its events with its process; what
        // it has now is all since its start.
        return wasConnected && target.client.address.isLocal
            && replay.count < Self.eventsRemembered
    }

    /// What a Docker Engine keeps.
    private static let eventsRemembered = 256

    // MARK: Taking in

    private struct EventIdentity: Hashable {
        var nanoseconds: Int64
        var actor: String
        var action: String

        init(_ event: EngineEvent) {
            nanoseconds = event.nanoseconds
            actor = event.actor
            action = event.action
        }
    }

    private func takeLive(_ event: EngineEvent?) async {
        if let event, replayed.remove(EventIdentity(event)) != nil { return }
        await take(event)
    }

    private func take(_ event: EngineEvent?) async {
        guard let event else { return }
        if event.nanoseconds > heardTo { heardTo = event.nanoseconds }
        guard event.isUse else { return }
        do {
            guard let image = try await image(of: event) else { return }
            waiting.append((image, event.time))
        } catch {
            logger.warning(
                "an engine's event could not be credited",
                metadata: ["engine": "\(target.name)", "reason": "\(error)"]
            )
        }
    }

    private func flush() async throws {
        guard !waiting.isEmpty || heardTo > 0 else { return }
        let (uses, to) = (waiting, heardTo)
        waiting = []
        do {
            try await ledger.used(uses, of: target.row, heardTo: to, now: now())
            if heardTo == to { heardTo = 0 }
        } catch {
            waiting = uses + waiting
            throw error
        }
    }

    /// The id of the image that an event uses; nil where it is gone.
    private func image(of event: EngineEvent) async throws -> String? {
        if event.type == "image" {
            if let id = event.imageID { return id }
            return try await target.client.image(event.actor)?.id
        }
        if let known = images[event.actor] { return known }
        if let id = try await target.client.imageID(ofContainer: event.actor) {
            images[event.actor] = id
            return id
        }
        guard let name = event.attributes["image"] else { return nil }
        return try await target.client.image(name)?.id
    }

    /// Lists images and containers.
    private func look(isGap: Bool) async throws {
        let all = try await target.client.images(all: true)
        let containers = try await target.client.containers()
        images = Dictionary(containers.map { ($0.id, $0.imageID) }) { first, _ in first }
        let inventory = EngineInventory(
            usage: EngineUsage(images: [], containers: [], volumes: [], cache: []),
            images: all,
            containers: containers
        )
        try await ledger.listed(
            all.map(\.id),
            inUse: inventory.imagesInUse(),
            of: target.row,
            isGap: isGap,
            history: history,
            at: now()
        )
        if isGap {
            logger.warning(
                "an engine's events were missed; all its images count as used now",
                metadata: ["engine": "\(target.name)"]
            )
        }
    }
}

extension EngineEvent {
    /// Whether it shows that somebody uses an image.
    ///
    /// What removes something is no use; a container's health is asked for by the engine itself.
    package var isUse: Bool {
        switch type {
        case "image":
            ["pull", "tag", "push", "save", "load", "loadfromarchive", "import", "create", "build"]
                .contains(action)
        case "container":
            !["destroy", "remove", "health_status", "exec_die", "resize", "top", "prune"]
                .contains(action) && !action.isEmpty
        default: false
        }
    }

    /// The image's id, where the event has it and not a name.
    package var imageID: String? {
        let hex = actor.hasPrefix("sha256:") ? actor.dropFirst("sha256:".count) : actor[...]
        guard hex.utf8.count == 64, hex.allSatisfy(\.isHexDigit) else { return nil }
        return "sha256:\(hex)"
    }
}
