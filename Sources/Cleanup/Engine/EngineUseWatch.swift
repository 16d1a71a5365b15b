package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel

/// Hears an engine's events, and remembers when each image was last used.
///
/// A Docker Engine keeps no more than its last 256 events, and loses them when it ends. Where none of
/// them is as old as the last that was taken in, something may have happened that nobody heard: every
/// image then counts as used now.
package actor EngineUseWatch {
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
    /// How far the engine's clock is behind ours.
    private var lag = Span.zero
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
        let isPodman = try await target.client.identity().isPodman
        let replay = try await replay(since: known, isPodman: isPodman)
        let isGap = !isContinuous(replay, since: known, isPodman: isPodman)
        // Who listens before looking misses nothing between the two.
        let events = try await target.client.events(since: replay.last, types: [])
        // Images that are new to the ledger count from now on, gap or not.
        try await look(isGap: isGap)
        try await flush()
        isCaughtUp = true
        defer { isCaughtUp = false }
        wasConnected = true
        lastFailure = ""
        logger.info(
            "hearing an engine",
            metadata: ["engine": "\(target.name)", "gap": "\(isGap)"]
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
        /// Whether something is remembered that is as old as what was taken in last.
        var isKnown = false
        /// Nanoseconds of the newest event, or from where events were asked for.
        var last: Int64
    }

    /// Reads what the engine remembers, and takes in what came behind `known`.
    ///
    /// The first time nothing is taken in, but its place in the stream is: by the engine's own clock,
    /// and also where nothing has happened yet.
    private func replay(since known: Int64?, isPodman: Bool) async throws -> Replay {
        let time = now()
        // Until then by its own clock: until ours it may make us wait, for as long as it is behind.
        let theirs = await engineTime() ?? time
        lag = time - theirs > Self.clockNoise ? time - theirs : .zero
        let end = theirs.milliseconds * 1_000_000
        // Docker has few events, of which the oldest tells what it still knows; Podman has a file.
        let start = isPodman ? (known ?? end - Self.day) - Self.overlap : Self.overlap
        let past = try await target.client.pastEvents(since: max(start, Self.overlap), until: end)
        var replay = Replay(last: known ?? start)
        replayed = []
        for event in past {
            replay.count += 1
            replayed.insert(EventIdentity(event))
            guard let known else {
                replay.last = max(replay.last, event.nanoseconds)
                continue
            }
            if event.nanoseconds <= known { replay.isKnown = true }
            if event.nanoseconds > known { await take(event) }
        }
        // Asked for once more from the same place: what came in between is not missed.
        heardTo = max(heardTo, replay.last)
        return replay
    }

    /// The engine's time; nil also where it may not be asked for it.
    private func engineTime() async -> Timestamp? {
        do { return try await target.client.time() } catch { return nil }
    }

    private func isContinuous(_ replay: Replay, since known: Int64?, isPodman: Bool) -> Bool {
        guard known != nil else { return false }
        if replay.isKnown { return true }
        if isPodman { return replay.count < Self.eventsInFile }
        // An engine that was heard until it went away has forgotten its events with its process; what
        // it has now is all since its start.
        return wasConnected && target.client.address.isLocal
            && replay.count < Self.eventsRemembered
    }

    /// An answer may take this long without a wrong clock.
    private static let clockNoise = Span.seconds(2)

    /// Nanoseconds: Podman rounds the moment that it is asked from, and leaves that out.
    private static let overlap: Int64 = 1_000_000_000
    private static let day: Int64 = 86_400_000_000_000

    /// What a Docker Engine keeps.
    private static let eventsRemembered = 256

    /// What Podman's file holds for certain: of its megabyte half goes when it is full.
    private static let eventsInFile = 500

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
            // By our clock, and never earlier than the engine says.
            waiting.append((image, event.time + lag))
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
            logger.notice(
                "what an engine did until now is not known; all its images count as used now",
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
