import AccessLedger
import Foundation
import LogReading
import Logging
import RegistryModel
import Synchronization

/// A log of a registry that is followed: where what was read goes, and how it goes is told.
///
/// Shared by files and containers.
struct FollowedLog: Sendable {
    let registry: RegistryRow
    /// The path, or the address without its signature.
    let place: String
    let history: Span
    let ledger: Ledger
    let intake: Intake
    let logger: Logger
    let now: @Sendable () -> Timestamp
    /// How long a problem may stand before what was written meanwhile may be gone.
    private let losesAfter: Span
    private let lastNote = NoteMemory()

    init(
        registry: RegistryRow,
        place: String,
        losesAfter: Span,
        intake: Intake,
        _ deployment: Deployment
    ) {
        self.losesAfter = losesAfter
        self.registry = registry
        self.place = place
        self.intake = intake
        history = deployment.settings.history
        ledger = deployment.ledger
        logger = deployment.logger
        now = deployment.now
    }

    private final class NoteMemory: Sendable {
        let last = Mutex<(problem: String, isPartial: Bool, at: Timestamp)?>(nil)
    }

    /// What is older is not remembered.
    var horizon: Timestamp { (now() - history).startOfHour }

    /// Records what was read together with how far that is.
    func record(_ body: DecodedBody, _ position: LogPosition, loss: String?) async throws {
        var body = body
        if let loss {
            body.loss = loss
            logger.error(
                "a part of a log is lost; nothing is removed for lack of use over that time",
                metadata: ["registry": "\(registry.name)", "log": "\(place)", "why": "\(loss)"]
            )
        }
        _ = try await intake.record(
            Delivery(
                registry: registry,
                source: .log,
                body: body,
                receivedAt: now(),
                position: position
            )
        )
    }

    /// Writes down that the log was looked at, and why it can't be read; nil while all is well.
    ///
    /// A partial problem is one of some of its parts, while it is known which there are: what goes away
    /// unread is told one by one.
    func note(_ problem: String?, isPartial: Bool = false) async throws {
        let time = now()
        let problem = problem ?? ""
        let last = lastNote.last.withLock { $0 }
        if let last, last.problem == problem, time - last.at <= Self.interval { return }
        let isNews = try await ledger.noteFollowed(
            place,
            of: registry,
            problem: problem,
            losesAfter: last?.isPartial == true ? nil : losesAfter,
            now: time
        )
        lastNote.last.withLock { $0 = (problem, isPartial, time) }
        guard isNews else { return }
        let metadata: Logger.Metadata = ["registry": "\(registry.name)", "log": "\(place)"]
        if problem.isEmpty {
            logger.notice("log is read again", metadata: metadata)
        } else {
            logger.error(
                "log can't be read; nothing is removed for lack of use meanwhile",
                metadata: metadata.merging(["reason": "\(problem)"]) { _, new in new }
            )
        }
    }

    /// Often enough for `check` to tell that somebody looks.
    private static let interval = Span.seconds(30)
}

extension LogPosition {
    /// How far a growing log was read.
    init(_ growth: LogGrowth, place: String, id: Int64) {
        self.init(place: place, isImported: false, id: id)
        let mark = growth.mark
        head = mark.head
        headLength = mark.headLength
        tail = mark.tail
        offset = growth.offset
        isCut = growth.isCut
        accesses = growth.accesses
        lastLine = growth.lastLine
        recentKeys = growth.recentKeys
    }

    var growth: LogGrowth {
        LogGrowth(
            KnownLog(
                mark: LogMark(head: head, headLength: headLength, tail: tail),
                offset: offset,
                isCut: isCut
            ),
            accesses: accesses,
            lastLine: lastLine,
            recentKeys: recentKeys
        )
    }
}
