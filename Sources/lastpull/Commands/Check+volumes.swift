import AccessLedger
import Cleanup
import Daemon
import RetentionPlanning

// What `check` says about triggers that measure a file system.
extension Check {
    /// A trigger by a file system that no removal can free would never end, so it does nothing.
    func volumes(_ targets: [CleanupTarget], _ deployment: Deployment) -> [Finding] {
        deployment.settings.triggers.filter { $0.engine == nil }.flatMap { trigger in
            targets.compactMap { target in
                guard target.givesBack, (trigger.registry ?? target.row.name) == target.row.name,
                    case .never(let obstacle) = trigger.reach(of: target, among: deployment.targets)
                else { return nil }
                return Finding(
                    subject: "trigger \(trigger.name)",
                    state: .failed,
                    text: "never fires: \(obstacle)"
                )
            }
        }
    }

    /// The same of the triggers for an engine that answers.
    func volumes(_ target: EngineTarget, _ deployment: Deployment) async -> [Finding] {
        var findings: [Finding] = []
        for trigger in deployment.settings.triggers where trigger.engine == target.name {
            guard case .volume(let path, _, _, _) = trigger.measure else { continue }
            let subject = "trigger \(trigger.name)"
            do {
                switch try await target.reach(of: path) {
                case .reaches: break
                case .unknown(let reason):
                    let text = "nobody knows whether \(target.name) fills \(path): \(reason)"
                    findings.append(Finding(subject: subject, state: .warning, text: text))
                case .never(let obstacle):
                    let text = "never fires: \(obstacle)"
                    findings.append(Finding(subject: subject, state: .failed, text: text))
                }
            } catch {
                findings.append(Finding(subject: subject, state: .failed, text: "\(error)"))
            }
        }
        return findings
    }
}
