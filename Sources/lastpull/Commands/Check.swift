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
        discussion: """
            Ends with 1 when something keeps lastpull from doing its work. Warns of patterns in \
            policies that match no repository or tag that is known. A glob in keep.tags matches the \
            whole tag; a regular expression between slashes is searched for, so /^v1/ keeps all that \
            begins so, and /^v1$/ one tag.
            """
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
        findings += try await patterns(targets, deployment)
        findings += Self.sharedAddresses(deployment)
        findings += try await ledger(deployment)
        for target in targets {
            findings += try await registry(target, deployment)
            findings += try await trust(target, deployment)
            findings += try await refused(target.row.name, deployment)
            findings += try await ignored(target, deployment)
        }
        if scope.registry == nil { findings += try await refused(nil, deployment) }
        findings += try await deployment.webhookStates().map { state in
            Finding(
                subject: "webhook \(state.name)",
                state: state.isInTrouble ? .warning : .ok,
                text: state.summary
            )
        }
        for target in targets { findings += try await collector(target, deployment) }
        findings += volumes(targets, deployment)
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
        let deletes: [Finding]
        (power, deletes) = try await self.deletes(target, deployment)
        return [Finding(subject: subject, state: .ok, text: "\(target.url) answers")]
            + (try await abilities(target, deployment)) + deletes
            + (await storage(target, power, deployment))
            + (try await hearing(target, deployment))
    }

    /// The first names of the catalog, as many as are tried.
    func firstRepositories(_ target: CleanupTarget) async throws -> [RepositoryName] {
        let found = FirstNames()
        try await target.client.forEachRepositoryPage { await found.note($0) }
        return await found.names
    }

    private actor FirstNames {
        var names: [RepositoryName] = []

        func note(_ page: [RepositoryName]) {
            names += page.prefix(Check.mostTried - names.count)
        }
    }
}
