import AccessLedger
import Cleanup
import Foundation
import Logging
import RegistryClients
import RegistryModel
import ServiceLifecycle

/// Hears what an engine uses: what it pulls and what its containers are made of is in use in the
/// registry, too.
///
/// It is evidence for keeping alone. There may be other engines, so its silence says nothing, and it
/// covers nothing; but where it is known that some of it was lost, that is known loss.
actor EngineWatch: Service {
    private let engine: EngineTarget
    private let use: EngineUse
    private let ledger: Ledger
    private let sink: any AccessSink
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private var images = EngineImages()
    /// The last event that was heard, and the last that the ledger knows of.
    private var last: Int64?
    private var noted: Int64?
    /// Since when events may have been missed; nil while it is not known that none were.
    private var missedSince: Timestamp?
    private var snapshotAt: Timestamp?
    private var lastComplaint = ""

    init(
        _ engine: EngineTarget,
        registries: [RegistrySettings],
        ledger: Ledger,
        sink: any AccessSink,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.engine = engine
        use = EngineUse(engine: engine.name, registries: registries)
        self.ledger = ledger
        self.sink = sink
        self.logger = logger
        self.now = now
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.listen()
                } catch {
                    await self.broke(error)
                }
                try? await Task.sleep(for: Self.pause)
            }
        }
        // A service that ends early would take the others with it.
        try? await gracefulShutdown()
    }

    /// Between attempts to reach an engine.
    private static let pause = Duration.seconds(2)

    private func broke(_ error: any Error) {
        // An engine of this machine that nobody can connect to is not running, and uses nothing.
        let isDown = isLocal && (error as? EngineError)?.kind == .unreachable
        missedSince = isDown ? now() : missedSince ?? now()
        let reason = "\(error)"
        guard !Task.isCancelled, reason != lastComplaint else { return }
        lastComplaint = reason
        logger.warning(
            "engine is not heard; its use of images is asked for when it is back",
            metadata: ["engine": "\(engine.name)", "reason": "\(reason)"]
        )
    }

    private var isLocal: Bool { engine.client.address.description.hasPrefix("/") }

    // MARK: Listening

    /// Hears the engine until the connection breaks.
    private func listen() async throws {
        if last == nil {
            last = try await ledger.lastEvent(ofEngine: engine.name)
            noted = last
        }
        let continuity = EngineContinuity(last: last, absence: missedSince.map { now() - $0 })
        let events = try await engine.client.events(
            since: last.map { $0 - Self.overlap },
            types: []
        )
        let inbox = EngineInbox()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await event in events { inbox.add(event) }
                throw CancellationError()
            }
            group.addTask {
                try await Task.sleep(for: Self.settling)
                try await self.begin(continuity, inbox)
                while true {
                    try await self.take(inbox)
                    try await Task.sleep(for: Self.interval)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Nanoseconds: Podman rounds the moment that it is asked from, and leaves that out.
    private static let overlap: Int64 = 1_000_000_000
    /// Until then an engine has replayed what it has.
    private static let settling = Duration.seconds(2)
    private static let interval = Duration.milliseconds(500)

    /// Judges what the connection began with.
    private func begin(_ continuity: EngineContinuity, _ inbox: EngineInbox) async throws {
        missedSince = nil
        lastComplaint = ""
        images = try await snapshot()
        let (first, replayed) = inbox.beginning
        let answer = continuity.judge(first: first, count: replayed)
        logger.info(
            "engine is heard",
            metadata: ["engine": "\(engine.name)", "since the last time": "\(answer)"]
        )
        // Where some of it was missed, all that is there may have been used.
        try await count(answer == .whole ? images.used : images.all)
        guard answer == .lost else { return }
        for registry in try await concerned() {
            var body = DecodedBody()
            body.loss = "engine \(engine.name) has forgotten events that were not heard"
            _ = try await sink.record(body, from: .engine, of: registry)
        }
    }

    /// The registries that this engine has images of, or had.
    private func concerned() async throws -> Set<String> {
        let held = use.accesses(images.all, at: now(), occasion: "").map(\.registry)
        let heard = try await ledger.sources(now: now()).filter { $0.source == .engine }
        return Set(held).union(heard.map(\.registry))
    }

    // MARK: Counting

    /// Counts what came, then what containers are made of, once an hour.
    private func take(_ inbox: EngineInbox) async throws {
        let batch = inbox.take()
        var uses: [(registry: String, access: Access)] = []
        var hasLooked = false
        for event in batch.events where EngineUse.isUse(event) {
            uses += use.accesses(
                try await names(of: event, &hasLooked),
                at: event.time,
                occasion: "\(event.action) \(event.nanoseconds) \(event.actor)"
            )
        }
        try await record(uses)
        if batch.isBroken {
            // It may have been the use of any image.
            images = try await snapshot()
            try await count(images.all, occasion: "broken event at \(now().milliseconds)")
        }
        last = batch.events.map(\.nanoseconds).reduce(last) { max($0 ?? $1, $1) }
        if let last, noted.map({ last - $0 >= Self.noteStep }) ?? true {
            try await ledger.heard(engine: engine.name, upTo: last)
            noted = last
        }
        guard let snapshotAt, now() - snapshotAt < .hours(1) else {
            images = try await snapshot()
            return try await count(images.used)
        }
    }

    /// Nanoseconds: a busy engine must not cost a write for every event.
    private static let noteStep: Int64 = 5_000_000_000

    /// The names of the image that an event is about; a container may be made of one that its tag
    /// has left since.
    private func names(
        of event: EngineEvent,
        _ hasLooked: inout Bool
    ) async throws -> [String] {
        let given = EngineUse.names(in: event)
        guard event.type == "container" else { return given }
        if images.names(ofContainer: event.actor) == nil, !hasLooked {
            hasLooked = true
            images = try await snapshot()
        }
        // One that is gone already was most likely made of what its tag points to here.
        return images.names(ofContainer: event.actor)
            ?? given.flatMap { [$0] + images.digests(ofTag: $0) }
    }

    private func snapshot() async throws -> EngineImages {
        let images = try await engine.client.images(all: false)
        return EngineImages(images: images, containers: try await engine.client.containers())
    }

    /// Counts images as used in this hour.
    private func count(_ names: Set<String>, occasion: String? = nil) async throws {
        let time = now()
        snapshotAt = time
        try await record(
            use.accesses(names, at: time, occasion: occasion ?? "hour \(time.hour)")
        )
    }

    private func record(_ uses: [(registry: String, access: Access)]) async throws {
        for (registry, all) in Dictionary(grouping: uses, by: \.registry) {
            var body = DecodedBody()
            // An image of an engine need not be in the registry any more.
            body.isHearsay = true
            body.accesses = all.map(\.access)
            _ = try await sink.record(body, from: .engine, of: registry)
        }
    }
}
