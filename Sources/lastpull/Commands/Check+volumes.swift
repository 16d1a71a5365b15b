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
}
