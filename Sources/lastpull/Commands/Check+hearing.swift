import AccessLedger
import Cleanup
import Daemon
import RegistryClients
import RegistryModel
import RetentionPlanning

// Whether a registry is heard, and from when on all of it.
extension Check {
    func hearing(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let subject = "registry \(target.row.name)"
        var findings: [Finding] = []
        guard !target.traits.tellsLastPull else { return findings }
        let sources = try await deployment.ledger.sources(now: deployment.now())
            .filter { $0.registry == target.row.name }
        if !sources.contains(where: { $0.source != .engine }) {
            findings.append(
                Finding(
                    subject: subject,
                    state: .failed,
                    text: "nothing was ever heard of it; let its notifications post to"
                        + " /hooks/\(target.row.name), or its access log to /logs/\(target.row.name)"
                )
            )
        }
        for source in sources {
            findings.append(heard(source, subject))
            if source.isDeafToPulls, source.source != .engine {
                let kinds = source.senders.map(\.kind).joined(separator: ", ")
                findings.append(
                    Finding(
                        subject: subject,
                        state: .warning,
                        text: "webhooks of \(kinds) tell of no pulls, so silence means nothing; "
                            + "let an access log post to /logs/\(target.row.name), too"
                    )
                )
            }
        }
        for socket in try await deployment.sockets(of: target) {
            findings.append(Self.finding(socket, subject, deployment.now()))
        }
        findings += try await followed(target, deployment)
        if let gap = try await deployment.prober.gap(of: target) {
            findings.append(
                Finding(
                    subject: subject,
                    state: .failed,
                    text: "not heard since \(gap.since.text): \(gap.why)"
                )
            )
        }
        // Of a disk it is said there.
        if target.storage == nil, !sources.isEmpty, !sources.contains(where: { $0.source == .log })
        {
            findings.append(
                Finding(
                    subject: subject,
                    state: .ok,
                    text: "notifications never report a request that was answered 404, so regrets "
                        + "are heard only if an access log posts to /logs/\(target.row.name)"
                )
            )
        }
        findings += try await proofs(target, deployment)
        findings.append(try await coverage(target, deployment))
        findings += try await replicas(target, sources, deployment)
        return findings
    }

    /// What the restart of one of several processes means, where no log closes that gap.
    private func replicas(
        _ target: CleanupTarget,
        _ sources: [SourceStatistics],
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let horizon = deployment.now() - .hours(1)
        let count = try await deployment.ledger.processesHeard(of: target.row, since: horizon)
        guard count > 1, !sources.contains(where: { $0.source == .log }) else { return [] }
        let text =
            "\(count) processes of it were heard within the hour; after the restart of one of them "
            + "there is a gap of an hour, or until all are restarted; the access log of the proxy "
            + "before them, posted to /logs/\(target.row.name), has none (README, \"Replicas\")"
        return [Finding(subject: "registry \(target.row.name)", state: .ok, text: text)]
    }

    /// What a socket drops is missing for good, so the last day's is said.
    private static func finding(
        _ socket: SocketStatistics,
        _ subject: String,
        _ now: Timestamp
    ) -> Finding {
        guard let last = socket.lastAt else {
            return Finding(
                subject: subject,
                state: .warning,
                text: "nothing has come by \(socket.address); let its proxy's log go there"
            )
        }
        let taken = "by \(socket.address): \(socket.lines) lines, last \(last.text)"
        guard let dropped = socket.droppedAt, dropped >= now - .days(1) else {
            return Finding(subject: subject, state: .ok, text: taken)
        }
        let text = "\(taken); \(socket.dropped) dropped, the last at \(dropped.text)"
        return Finding(subject: subject, state: .warning, text: text)
    }

    private func heard(_ source: SourceStatistics, _ subject: String) -> Finding {
        let rejected = source.answer.rejected
        let offset =
            source.clockOffset == 0
            ? "" : ", its clock is off by \(Span(milliseconds: source.clockOffset))"
        let reason = source.rejection.map { "; the newest was not understood because: \($0)" } ?? ""
        return Finding(
            subject: subject,
            state: rejected > 0 ? .warning : .ok,
            text: "by \(source.source): \(source.answer.accepted) accepted, "
                + "\(rejected) not understood, last \(source.lastAt.text)\(offset)\(reason)"
        )
    }

    private func coverage(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> Finding {
        let subject = "registry \(target.row.name)"
        let now = deployment.now()
        let planMaker = deployment.cleaner.planMaker
        if let unheard = try await planMaker.unheardProcesses(target, now) {
            return Finding(
                subject: subject,
                state: .failed,
                text: "\(unheard.running) registry processes run on its storage and "
                    + "\(unheard.heard) of them were heard since \(unheard.since.text): what is pulled through the "
                    + "others is not known, so all stays; let each of them notify lastpull"
            )
        }
        let coverage = try await planMaker.coverage(target, now)
        let windows = deployment.settings.policies
            .filter { $0.concerns(registry: target.row.name) }
            .compactMap(\.keep.accessed?.within)
        guard let longest = windows.max() else {
            let answer = coverage.answer(window: .hours(1), now: now)
            if let since = answer.coveredSince, let until = answer.coveredUntil {
                return Finding(
                    subject: subject,
                    state: .warning,
                    text: "every access is known from \(since.text) to \(until.text), and none for "
                        + "certain since then; untagged manifests stay until the registry is heard"
                )
            }
            let since = answer.coveredSince
            return Finding(
                subject: subject,
                state: since == nil ? .warning : .ok,
                text: since.map { "every access is known since \($0.text)" }
                    ?? "no access is known; untagged manifests stay until the registry is heard"
            )
        }
        let answer = coverage.answer(window: longest, now: now)
        if answer.isCovered {
            let text = "every access of the past \(longest) is known"
            return Finding(subject: subject, state: .ok, text: text)
        }
        let known = try await deployment.ledger.firstKnown(of: target.row)
        let holds =
            answer.holdsFrom.map {
                "; a rule over \(longest) holds from \($0.text) if nothing is missed"
            } ?? ""
        return Finding(
            subject: subject,
            state: .warning,
            text: Self.missed(coverage, longest, since: known, now: now)
                // Which, and why, is said above.
                + (answer.hasLoss ? ", with known loss" : "") + holds
                + "; until then nothing is removed for lack of use"
        )
    }

    /// What was not heard of a window, which does not begin before anything was known.
    private static func missed(
        _ coverage: Coverage,
        _ window: Span,
        since known: Timestamp?,
        now: Timestamp
    ) -> String {
        guard let known else { return "nothing of it is known yet" }
        let start = max(known, now - window)
        let span = coverage.uncovered(from: start, to: now)
        let missed = Span.seconds(span.milliseconds / 1_000)
        return start == known
            ? "first known \(known.text), \(missed) since then were not heard"
            : "\(missed) of the past \(window) were not heard"
    }
}
