import AccessLedger
import Logging
import RegistryModel

/// What goes on until somebody does something about it.
enum Standing: String, Sendable {
    /// The registry may believe in what was swept.
    case staleCache
    /// A run took from another storage than the one that is set now.
    case otherStorage
    /// A sweep at once has deleted what a registry took for there that was started meanwhile.
    case missingContent

    /// The event that says that it is over.
    var ended: String { "\(rawValue)Ended" }
}

extension StorageSweeper {
    /// Says loudly what is wrong, by the log and an event: once, and again when the reason changes,
    /// or it has happened again.
    func say(
        _ standing: Standing,
        of target: CleanupTarget,
        why: String,
        isNew: Bool = false,
        _ more: [String: String]
    ) async throws {
        let last = try await ledger.lastEvent(
            of: target.row.name,
            among: [standing.rawValue, standing.ended]
        )
        if !isNew, let last, last.action == standing.rawValue, last.attributes["why"] == why {
            return
        }
        logger.error(
            standing.sentence,
            metadata: ["registry": "\(target.row.name)", "why": "\(why)"]
                .merging(more.mapValues { "\($0)" }) { own, _ in own }
        )
        try await ledger.append([
            event(standing.rawValue, target, more.merging(["why": why]) { $1 })
        ])
    }

    /// Says that it is over, where it was said before and is over by the event that said it.
    func end(
        _ standing: Standing,
        of target: CleanupTarget,
        _ isOver: (PruneEvent) async throws -> Bool = { _ in true }
    ) async throws {
        let last = try await ledger.lastEvent(
            of: target.row.name,
            among: [standing.rawValue, standing.ended]
        )
        guard let last, last.action == standing.rawValue, try await isOver(last) else { return }
        logger.notice(
            "no longer: \(standing.rawValue)",
            metadata: ["registry": "\(target.row.name)"]
        )
        try await ledger.append([event(standing.ended, target, [:])])
    }

    private func event(
        _ action: String,
        _ target: CleanupTarget,
        _ attributes: [String: String]
    ) -> PruneEvent {
        PruneEvent(
            type: "registry",
            action: action,
            actor: target.row.name,
            attributes: attributes.merging(["registry": target.row.name]) { own, _ in own },
            time: now()
        )
    }
}

extension Standing {
    fileprivate var sentence: Logger.Message {
        switch self {
        case .staleCache:
            "the registry may still believe in what was swept; restart it, or set afterSweep"
        case .otherStorage: "what a sweep took lies on another storage"
        case .missingContent:
            "images lack what a sweep at once has deleted while a registry was started"
        }
    }
}
