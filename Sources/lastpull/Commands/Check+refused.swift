import AccessLedger
import Daemon
import RegistryModel
import RetentionPlanning

// What `check` says about deliveries that are refused: their sender is not heard.
extension Check {
    /// Those of a day; for nil those for names that are not in the settings.
    func refused(_ registry: String?, _ deployment: Deployment) async throws -> [Finding] {
        let now = deployment.now()
        return try await deployment.ledger.refusedDeliveries()
            .filter { $0.registry == registry && $0.lastAt >= now - .days(1) }
            .map { one in
                Finding(
                    subject: registry.map { "registry \($0)" } ?? "deliveries",
                    state: .warning,
                    text: "\(one) (last at \(one.lastAt.text))"
                )
            }
    }
}
