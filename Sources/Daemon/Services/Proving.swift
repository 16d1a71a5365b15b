import AccessLedger
import Cleanup
import Foundation
import Logging
import RegistryClients
import RegistryModel
import ServiceLifecycle
import Synchronization

/// Asks the registry what is true of what was only heard of: pushes, deletes, images that nobody
/// knew of, tags that moved.
///
/// What it proves is recorded as the registry has it now; what it does not know is ignored. What
/// can't be asked is known loss, and so is what there are too many of.
actor Proving {
    private let ledger: Ledger
    private let targets: [Int64: CleanupTarget]
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let changes: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private var waiting: [Question: [Unproven]] = [:]
    private var count = 0
    /// Registries of which more was heard than can wait.
    private var overfull: Set<Int64> = []
    /// How often each question that waits has failed.
    private var failures: [Question: Int] = [:]

    private struct Question: Hashable {
        var registry: RegistryRow
        var repository: RepositoryName
        var reference: ManifestReference
    }

    init(
        ledger: Ledger,
        targets: [CleanupTarget],
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.targets = Dictionary(
            targets.map { ($0.row.id, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        self.logger = logger
        self.now = now
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes note of what a commit left out; returns at once.
    nonisolated func heard(_ unproven: [Unproven]) {
        guard !unproven.isEmpty else { return }
        Task { await add(unproven) }
    }

    private func add(_ unproven: [Unproven]) {
        for item in unproven {
            guard count < Self.most else {
                overfull.insert(item.registry.id)
                continue
            }
            guard let reference = ManifestReference(item.access) else { continue }
            let question = Question(
                registry: item.registry,
                repository: item.access.repository,
                reference: reference
            )
            waiting[question, default: []].append(item)
            count += 1
        }
        signal.yield()
    }

    /// Accesses that wait for an answer: some megabytes.
    private static let most = 20_000
    /// Requests at once, beside the listing's.
    private static let width = 4

    // MARK: Asking

    /// Asks until the service is told to stop; what waits then is written down as lost.
    func run(into sink: any AccessSink) async {
        for await _ in changes.cancelOnGracefulShutdown() {
            while await !askAll(sink), await pause() {}
        }
        for id in Set(waiting.keys.map(\.registry.id)) {
            await lose(id, "lastpull stopped before all that it heard could be", sink)
        }
    }

    /// Asks what waits; false when something still does.
    private func askAll(_ sink: any AccessSink) async -> Bool {
        for id in overfull { await lose(id, "more was heard of unknown images than can be", sink) }
        overfull = []
        let questions = waiting
        waiting = [:]
        count = 0
        await withDiscardingTaskGroup { group in
            let queue = Queue(Array(questions))
            for _ in 0..<Self.width {
                group.addTask {
                    while let (question, items) = queue.next() {
                        await self.settle(question, items, sink)
                    }
                }
            }
        }
        return failures.isEmpty
    }

    private final class Queue: Sendable {
        private let items: Mutex<[(Question, [Unproven])]>

        init(_ items: [(Question, [Unproven])]) { self.items = Mutex(items) }

        func next() -> (Question, [Unproven])? { items.withLock { $0.popLast() } }
    }

    /// Waits before what failed is asked again; false when the service is to stop.
    private func pause() async -> Bool {
        await cancelWhenGracefulShutdown {
            do {
                try await Task.sleep(for: Self.pause)
                return true
            } catch {
                return false
            }
        }
    }

    private static let pause = Duration.seconds(5)
    /// As long as a registry may be restarted: a loss counts against it for the whole history.
    private static let mostFailures = 120

    private func settle(
        _ question: Question,
        _ items: [Unproven],
        _ sink: any AccessSink
    ) async {
        guard let target = targets[question.registry.id], !target.url.isEmpty else { return }
        // What is pushed while it answers is newer.
        let askedAt = now()
        do {
            let proof = try await self.proof(question, target)
            failures[question] = nil
            await record(proof, askedAt, items, of: question.registry.name, sink)
        } catch {
            await note(error, question, items, sink)
        }
    }

    private func record(
        _ proof: HearsayProof,
        _ askedAt: Timestamp,
        _ items: [Unproven],
        of registry: String,
        _ sink: any AccessSink
    ) async {
        for source in Set(items.map(\.source)) {
            var proven = DecodedBody()
            proven.provenAt = askedAt
            var heard = DecodedBody()
            heard.isHearsay = true
            for item in items where item.source == source {
                let (accesses, others) = proof.judge(item.access)
                proven.accesses += accesses
                heard.accesses += others
                if accesses.isEmpty { proven.ignored += 1 }
            }
            await record(proven, from: source, of: registry, sink)
            guard !heard.accesses.isEmpty else { continue }
            await record(heard, from: source, of: registry, sink)
        }
    }

    private func proof(
        _ question: Question,
        _ target: CleanupTarget
    ) async throws -> HearsayProof {
        let found = try await Self.digest(
            of: question.reference,
            in: question.repository,
            target.client
        )
        let known = try await ledger.image(
            question.repository,
            tag: question.reference.tag,
            digest: question.reference.digest,
            in: question.registry
        )
        return HearsayProof(found: found, known: known?.isGone == false ? known?.digest : nil)
    }

    /// Keeps what could not be asked for later, or gives it up.
    private func note(
        _ error: any Error,
        _ question: Question,
        _ items: [Unproven],
        _ sink: any AccessSink
    ) async {
        let count = failures[question, default: 0] + 1
        guard count < Self.mostFailures else {
            failures[question] = nil
            logger.error(
                "what was heard of an image can't be proven",
                metadata: [
                    "registry": "\(question.registry.name)",
                    "repository": "\(question.repository)",
                    "reference": "\(question.reference)", "reason": "\(error)",
                ]
            )
            let what = "what was heard of unknown images could not be"
            return await lose(question.registry.id, what, sink)
        }
        failures[question] = count
        waiting[question, default: []] += items
        self.count += items.count
    }

    /// What the registry has under a name now; nil for nothing.
    private static func digest(
        of reference: ManifestReference,
        in repository: RepositoryName,
        _ client: any RegistryClient
    ) async throws -> Digest? {
        do {
            let head = try await client.head(repository, reference)
            if let digest = head.digest { return digest }
            return try await client.manifest(repository, reference).digest
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    // MARK: Recording

    private func lose(_ registryId: Int64, _ what: String, _ sink: any AccessSink) async {
        guard let target = targets[registryId] else { return }
        var body = DecodedBody()
        body.loss = "\(what) proven by the registry"
        await record(body, from: .log, of: target.row.name, sink)
    }

    private func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String,
        _ sink: any AccessSink
    ) async {
        do {
            _ = try await sink.record(body, from: source, of: registry)
        } catch {
            logger.error(
                "what the registry proved could not be recorded",
                metadata: ["registry": "\(registry)", "reason": "\(error)"]
            )
        }
    }
}

extension ManifestReference {
    /// What an access is of: the tag, where it names one.
    fileprivate init?(_ access: Access) {
        if let tag = access.tag {
            self = .tag(tag)
        } else if let digest = access.digest {
            self = .digest(digest)
        } else {
            return nil
        }
    }

    fileprivate var tag: TagName? { if case .tag(let tag) = self { tag } else { nil } }
    fileprivate var digest: Digest? { if case .digest(let digest) = self { digest } else { nil } }
}

/// Runs the proofs as a service: after the intake, which it records by.
struct ProvingService: Service {
    let proving: Proving
    let sink: any AccessSink

    func run() async throws {
        await proving.run(into: sink)
        // A service that ends early would take the others with it.
        try? await gracefulShutdown()
    }
}
