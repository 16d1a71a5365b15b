import AccessLedger
import Logging
package import RegistryModel
import RetentionPlanning

extension Cleaner {
    /// Finishes the runs that a kill has left behind; each is compared again item by item.
    ///
    /// So are removals that failed half way, with a tag on a throw-away manifest.
    ///
    /// - Returns: what was finished, oldest first.
    @discardableResult
    package func resume() async throws -> [(run: RunName, outcome: RunExecutor.Outcome)] {
        var finished: [(run: RunName, outcome: RunExecutor.Outcome)] = []
        let names = try await ledger.runs(in: .running)
        for name in try await names + ledger.halfDoneRuns() {
            // It waits as well for the next start.
            guard !interruption.isRaised else { break }
            guard let registries = try await registries(of: name) else { continue }
            let here = targets.filter { registries.contains($0.row.name) }
            do {
                let locks = try here.map {
                    try RunLock(ledger: ledger.path, registry: $0.row.name)
                }
                defer { withExtendedLifetime(locks) {} }
                // Whoever held the locks may have finished it meanwhile.
                guard let current = try await ledger.run(name)?.reopened() else { continue }
                logger.notice("finishing a run that was cut off", metadata: ["run": "\(name)"])
                let outcome = try await executor.execute(
                    current,
                    on: here,
                    note: "finished after a restart"
                )
                finished.append((name, outcome))
            } catch CleanupError.alreadyRunning {
                // Another process is carrying it out right now.
                continue
            }
        }
        return finished
    }

    /// The registries that a run removes from; nil for a run of a disk or an engine.
    private func registries(of name: RunName) async throws -> Set<String>? {
        guard let run = try await ledger.run(name), run.isOfRegistry else { return nil }
        return Set(run.items.lazy.map(\.registry.name))
    }

    /// What people are told of runs that were finished before their own began.
    static func told(of finished: [(run: RunName, outcome: RunExecutor.Outcome)]) -> String {
        joined(
            finished.map { run, outcome in
                "finished run \(run) first, which had been cut off: "
                    + "\(outcome.done) of \(outcome.total) removed (\(outcome.state.rawValue))"
            }
        )
    }

    private static func whyEmpty(_ draft: PlanMaker.Draft) -> String {
        guard draft.kept > 0 else {
            return
                "\(nothingToRemove): there is no image; check the names of registry and repositories"
        }
        guard let unproven = draft.keptReasons[.historyIncomplete] else { return nothingToRemove }
        return "\(nothingToRemove): of \(unproven) it is not known whether somebody uses them; "
            + "`lastpull check` says what is missing"
    }

    /// What is said of a plan that waits for nothing but the command.
    static func onlyPlanned(_ command: String, isEmpty: Bool = false) -> String {
        isEmpty
            ? nothingToRemove
            : "only planned; `lastpull \(command)` carries out what it then finds"
    }

    /// What is said of a plan that is empty.
    package static let nothingToRemove = "nothing is to be removed"

    /// What a plan waits for that is stored and not carried out.
    static func wants(_ draft: PlanMaker.Draft, _ cause: Cause) -> String {
        guard !draft.items.isEmpty else { return whyEmpty(draft) }
        guard draft.items.contains(where: \.isEnforced) else {
            let names = Set(draft.items.lazy.compactMap(\.policy)).sorted().joined(separator: ", ")
            let policies = names.isEmpty ? "no policy enforces" : "policy \(names) only observes"
            return "\(policies): nothing is removed without `mode: enforce`"
        }
        let command = cause.name == "plan" ? "clean" : cause.name
        let held = draft.brake.map { wouldWait("\($0)") }
        return joined([onlyPlanned(command), held ?? ""])
    }

    /// What is said of a plan that a brake would hold.
    static func wouldWait(_ brake: String) -> String { "it would wait for `approve`: \(brake)" }
}
