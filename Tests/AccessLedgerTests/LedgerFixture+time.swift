import AccessLedger
import RegistryModel
import Testing

// Time that passes by both clocks, and heartbeats in it.
extension LedgerFixture {
    /// Lets time pass in which nothing is done.
    func rest(_ span: Span) {
        now = now + span
        machine.uptime += span.milliseconds
    }

    /// Sets the clock ahead, or back; the machine's own time knows nothing of it.
    func setClock(by span: Span) { now = now + span }

    var moment: PulseMoment { PulseMoment(time: now, machine: machine) }

    @discardableResult
    func beat() async throws -> Heartbeat {
        try await ledger.heartbeat(at: now, machine: machine)
    }

    /// Lets time pass with a heartbeat every five seconds.
    func live(_ span: Span) async throws {
        for _ in 0..<max(1, span.milliseconds / 5_000) {
            rest(.seconds(5))
            try await beat()
        }
    }

    func begin() async throws { try await ledger.beginListening(at: now, machine: machine) }

    /// Sends a probe now, which comes back at once.
    func proof(_ name: String, by source: AccessSource = .events) async throws {
        try await ledger.probeSent(name, to: registry, mediaType: MediaType.ociManifest, at: now)
        try await ledger.probeAnswered(name, at: now, failure: nil, isGap: false)
        let instance = source == .events ? "a" : nil
        let agent = OwnUserAgent.probe(name)
        try await record(
            [access(.resolve, "a", agent: agent, instance: instance)],
            from: source
        )
    }

    func coverage(isLooking: Bool = false) async throws -> CoverageRecord {
        try await ledger.coverage(
            of: registry,
            since: .init(milliseconds: 0),
            now: isLooking ? now : nil
        )
    }

    /// Whether some stretch of coverage reaches over all of the time between two moments.
    func covers(_ start: Timestamp, _ end: Timestamp) async throws -> Bool {
        try await coverage().covered.contains { $0.from <= start && end <= $0.to ?? $0.from }
    }
}
