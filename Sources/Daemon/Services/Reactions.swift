import AccessLedger
import Cleanup
import Logging
import RegistryModel
import ServiceLifecycle

/// Acts on what commits bring: reads new manifests, looks at triggers, mends after a delete.
///
/// News is merged while the last is being acted on, so a busy registry costs no queue.
actor Reactions: Service {
    private let targets: [CleanupTarget]
    private let keeper: InventoryKeeper
    private let triggers: TriggerService
    private let afterCare: AfterCare
    private let logger: Logger
    private let changes: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private var news = RecordedBatch()
    /// Registries with manifests to read, and what is to be looked at then.
    private var reading: Set<Int64> = []
    private var readTouched: Set<RecordedBatch.Touched> = []
    private var isReading = false

    init(
        targets: [CleanupTarget],
        keeper: InventoryKeeper,
        triggers: TriggerService,
        afterCare: AfterCare,
        logger: Logger
    ) {
        self.targets = targets
        self.keeper = keeper
        self.triggers = triggers
        self.afterCare = afterCare
        self.logger = logger
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes note of a commit; returns at once.
    nonisolated func heard(_ batch: RecordedBatch) {
        guard
            !batch.touched.isEmpty || !batch.unread.isEmpty || !batch.pushes.isEmpty
                || !batch.ownDeletes.isEmpty
        else { return }
        Task { await merge(batch) }
    }

    private func merge(_ batch: RecordedBatch) {
        news.touched.formUnion(batch.touched)
        news.unread.formUnion(batch.unread)
        news.pushes += batch.pushes.suffix(Self.mostChanges)
        news.ownDeletes += batch.ownDeletes.suffix(Self.mostChanges)
        signal.yield()
    }

    /// Pushes looked at for one commit; more arrive only from a backlog, long after any delete.
    private static let mostChanges = 1_000

    func run() async throws {
        await withDiscardingTaskGroup { group in
            for await _ in changes.cancelOnGracefulShutdown() {
                let batch = news
                news = RecordedBatch()
                if !batch.pushes.isEmpty || !batch.ownDeletes.isEmpty {
                    let afterCare = afterCare
                    group.addTask { await afterCare.heard(batch) }
                }
                await triggers.touched(batch.touched)
                reading.formUnion(batch.unread)
                readTouched.formUnion(batch.touched)
                if !isReading, !reading.isEmpty {
                    isReading = true
                    group.addTask { await self.readAll() }
                }
            }
        }
    }

    /// Reads new manifests until there are none, beside everything else: a first listing is long.
    private func readAll() async {
        while !reading.isEmpty, !Task.isCancelled {
            let registries = reading
            let touched = readTouched
            reading = []
            readTouched = []
            for target in targets where registries.contains(target.row.id) {
                do {
                    try await keeper.readNew(of: target)
                } catch {
                    logger.warning(
                        "new manifests not read yet",
                        metadata: ["registry": "\(target.row.name)", "reason": "\(error)"]
                    )
                }
            }
            // Bytes are known only now.
            await triggers.touched(touched)
        }
        isReading = false
    }
}
