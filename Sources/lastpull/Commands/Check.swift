import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryClients
import RegistryModel
import RetentionPlanning

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Checks settings, ledger, and each registry: does it answer, permit deletes, report reads?",
        discussion: "Ends with 1 when something keeps lastpull from doing its work."
    )

    @OptionGroup var options: GlobalOptions

    @OptionGroup var scope: RegistryOption

    func run() async throws {
        let settings = try options.settings()
        let deployment = try await Deployment(settings, logger: options.logger)
        try scope.check(deployment)
        let targets = deployment.targets.filter { scope.includes($0.row.name) }
        try await deployment.noteTrust()
        var findings = settings.warnings.map {
            Finding(subject: "settings", state: .warning, text: $0)
        }
        findings.append(Finding(subject: "settings", state: .ok, text: "no problems"))
        findings += try await ledger(deployment)
        for target in targets { findings += try await registry(target, deployment) }
        findings += try await deployment.webhookStates().map { state in
            Finding(
                subject: "webhook \(state.name)",
                state: state.isInTrouble ? .warning : .ok,
                text: state.summary
            )
        }
        for target in targets { findings += try await collector(target, deployment) }
        if scope.registry == nil {
            for target in deployment.engines { findings += try await engine(target, deployment) }
        }
        try printFindings(findings)
        if findings.contains(where: { $0.state == .failed }) { throw Outcome.failed }
    }

    struct Finding {
        enum State: String {
            case ok
            case warning
            case failed
        }

        var subject: String
        var state: State
        var text: String
    }

    private func printFindings(_ findings: [Finding]) throws {
        if options.json {
            return try Terminal.say(
                json: [
                    "ok": !findings.contains { $0.state == .failed },
                    "findings": findings.map {
                        ["subject": $0.subject, "state": $0.state.rawValue, "text": $0.text]
                    },
                ] as [String: Any]
            )
        }
        for finding in findings {
            Terminal.say("\(finding.state.rawValue)  \(finding.subject): \(finding.text)")
        }
    }

    private func ledger(_ deployment: Deployment) async throws -> [Finding] {
        let path = deployment.settings.ledger
        let isServed = DaemonLock.isHeld(ledger: path)
        return [
            Finding(subject: "ledger \(path)", state: .ok, text: "opened, its schema is current"),
            Finding(
                subject: "daemon",
                state: isServed ? .ok : .warning,
                text: isServed
                    ? "`lastpull serve` runs on this ledger"
                    : "`lastpull serve` does not run on this ledger, so nothing is heard"
            ),
        ]
    }

    // MARK: Registries

    private func registry(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let subject = "registry \(target.row.name)"
        // A disk alone has nobody to ask, and nobody to hear.
        guard !target.url.isEmpty else { return await storage(target, nil, deployment) }
        do {
            try await target.client.ping()
        } catch {
            return [Finding(subject: subject, state: .failed, text: "\(error)")]
                + (await storage(target, nil, deployment))
                + (try await hearing(target, deployment))
        }
        let power: DeletePower?
        let deletes: Finding
        (power, deletes) = try await self.deletes(target, deployment)
        return [Finding(subject: subject, state: .ok, text: "\(target.url) answers")]
            + (try await abilities(target, deployment)) + [deletes]
            + (await storage(target, power, deployment))
            + (try await hearing(target, deployment))
    }

    /// What may be deleted over the API; nil where that could not be found out.
    private func deletes(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> (DeletePower?, Finding) {
        let subject = "registry \(target.row.name)"
        let known = try await deployment.ledger.repositories(of: target.row).first?.name
        let listed = known == nil ? try? await firstRepository(target) : nil
        guard let repository = known ?? listed ?? RepositoryName("lastpull/check") else {
            let text = "holds nothing yet"
            return (nil, Finding(subject: subject, state: .warning, text: text))
        }
        do {
            let power = try await target.client.deletePower(in: repository)
            return (power, Self.finding(power, target))
        } catch {
            return (nil, Finding(subject: subject, state: .failed, text: "\(error)"))
        }
    }

    private static func finding(_ power: DeletePower, _ target: CleanupTarget) -> Finding {
        // What the API refuses is done on the disk, where that is here.
        let refused = target.storage == nil ? Finding.State.failed : .warning
        let hint = target.storage == nil ? "" : "; until then images go from its disk"
        let (state, text): (Finding.State, String) =
            switch power {
            case .byTag: (.ok, "deletes tags and manifests")
            case .digestOnly:
                (.ok, "deletes manifests by digest; single tags are taken away by a detour")
            case .byTagAndDigest:
                (.ok, "deletes manifests by digest, and single tags; locked ones stay")
            case .tagOnly: (.ok, "deletes tags, and cares for what they pointed to by itself")
            case .disabled:
                (
                    refused,
                    "\(RegistryError(operation: "delete from", subject: target.row.name, kind: .deletesDisabled))"
                        + hint
                )
            case .forbidden(let reason): (refused, reason + hint)
            }
        return Finding(subject: "registry \(target.row.name)", state: state, text: text)
    }

    func firstRepository(_ target: CleanupTarget) async throws -> RepositoryName? {
        let found = FirstName()
        try await target.client.forEachRepositoryPage { await found.note($0.first) }
        return await found.name
    }

    private actor FirstName {
        var name: RepositoryName?

        func note(_ other: RepositoryName?) { name = name ?? other }
    }

    private func hearing(
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
        findings.append(try await coverage(target, deployment))
        return findings
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
        let coverage = try await deployment.cleaner.planMaker.coverage(target, now)
        let windows = deployment.settings.policies
            .filter { $0.concerns(registry: target.row.name) }
            .compactMap(\.keep.accessed?.within)
        guard let longest = windows.max() else {
            let since = coverage.answer(window: .hours(1), now: now).coveredSince
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
        let holds = answer.holdsFrom.map { "; a rule over \(longest) holds from \($0.text)" } ?? ""
        return Finding(
            subject: subject,
            state: .warning,
            text: Self.missed(coverage, longest, since: known, now: now)
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
