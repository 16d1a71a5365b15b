package import AccessLedger
package import Logging
import RegistryClients
package import RegistryModel

/// Reads one manifest of a registry itself, so that its coming back proves that reads are heard
/// (design, section 5.2).
package struct Prober: Sendable {
    let ledger: Ledger
    let logger: Logger
    let now: @Sendable () -> Timestamp

    package init(ledger: Ledger, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.ledger = ledger
        self.logger = logger
        self.now = now
    }

    package enum Answer: Sendable, Equatable {
        /// It was answered; now it has to come back.
        case sent
        /// The registry holds nothing to read.
        case nothingToRead
        case failed(String)
    }

    /// Sends one probe; `turn` chooses the media type.
    package func probe(_ target: CleanupTarget, turn: Int) async throws -> Answer {
        let choices = try await ledger.probeTargets(of: target.row)
        guard !choices.isEmpty else { return .nothingToRead }
        for offset in choices.indices {
            let choice = choices[(turn + offset) % choices.count]
            switch try await send(choice, target) {
            case .nothingToRead: continue
            case let answer: return answer
            }
        }
        return .nothingToRead
    }

    private func send(_ choice: ProbeTarget, _ target: CleanupTarget) async throws -> Answer {
        var random = SystemRandomNumberGenerator()
        let name = String(random.next() as UInt64, radix: 36)
        try await ledger.probeSent(
            name,
            to: target.row,
            mediaType: choice.mediaType,
            at: now()
        )
        do {
            _ = try await target.probeClient.head(
                choice.repository,
                .digest(choice.digest),
                userAgent: OwnUserAgent.probe(name)
            )
            try await ledger.probeAnswered(name, at: now(), failure: nil, isGap: false)
            return .sent
        } catch let error as RegistryError {
            let isGone = error.kind == .notFound
            // Nobody else can read from this machine's own registry either while it is not there.
            let isSilence = isGone || (error.kind == .connectionRefused && target.isLoopback)
            try await ledger.probeAnswered(name, at: now(), failure: "\(error)", isGap: !isSilence)
            guard isGone else { return .failed("\(error)") }
            try await confirmGone(choice, target)
            return .nothingToRead
        }
    }

    /// A 404 on the clients' way may be a proxy's own: the registry itself has to say it too.
    private func confirmGone(_ choice: ProbeTarget, _ target: CleanupTarget) async throws {
        do {
            _ = try await target.client.manifest(choice.repository, .digest(choice.digest))
        } catch {
            guard error.kind == .notFound else { throw error }
            try await ledger.markGone(manifest: choice.manifestId, of: target.row, at: now())
        }
    }

    /// Whether the registry is heard: nil when it is, else since when it is not and why.
    package func gap(of target: CleanupTarget) async throws -> (since: Timestamp, why: String)? {
        let probes = try await ledger.probes(of: target.row, limit: Self.memory)
        return Self.gap(in: probes, now: now())
    }

    /// Judges the newest probes, newest first.
    package static func gap(
        in probes: [ProbeRecord],
        now: Timestamp
    ) -> (since: Timestamp, why: String)? {
        let delays = probes.compactMap { probe in
            probe.returnedAt.map { ($0 - probe.sentAt).milliseconds }
        }
        let usual = delays.max().map { min(max($0 * 4, 5_000), 600_000) } ?? 15_000
        let lastReturned = probes.first { $0.returnedAt != nil }?.sentAt
        if let newest = probes.first, let failure = newest.failure {
            return (lastReturned ?? newest.sentAt, "the last probe could not be sent: \(failure)")
        }
        for type in Set(probes.map(\.mediaType)).sorted() {
            let own = probes.filter { $0.mediaType == type && $0.failure == nil }
            let lost = own.prefix { $0.returnedAt == nil }
                .filter { (now - $0.sentAt).milliseconds > usual }
            guard let first = lost.last else { continue }
            let others = own.first { $0.returnedAt != nil }?.sentAt
            return (others ?? first.sentAt, lostAdvice(type))
        }
        return nil
    }

    private static func lostAdvice(_ mediaType: String) -> String {
        "a probe for \(mediaType) was answered but never reported; check that the registry's"
            + " notifications (or its log) reach lastpull, and that no filter drops pulls"
    }

    /// Probes that are judged; a few turns over all media types.
    private static let memory = 32

    /// Tells when a registry stops being heard, and when it is heard again.
    package func announce(_ target: CleanupTarget) async throws {
        let gap = try await gap(of: target)
        guard try await ledger.setGap(of: target.row, since: gap?.since) else { return }
        if let gap {
            logger.error(
                "registry not heard; nothing is removed for lack of use",
                metadata: ["registry": "\(target.row.name)", "why": "\(gap.why)"]
            )
        } else {
            logger.notice("registry heard again", metadata: ["registry": "\(target.row.name)"])
        }
        try await ledger.append([
            PruneEvent(
                type: "registry",
                action: gap == nil ? "covered" : "gap",
                actor: target.row.name,
                attributes: [
                    "registry": target.row.name,
                    "since": gap.map { "\($0.since.milliseconds / 1_000)" } ?? "",
                    "why": gap?.why ?? "",
                ],
                time: now()
            )
        ])
    }
}
