import Foundation
import RegistryModel

/// The settings under which the daemon is measured.
///
/// The history is vouched for, since there are no weeks to wait; half of the generated images were
/// not used for a week, and may go.
enum DaemonSettings {
    static let trigger = "full"

    static func text(port: Int, registryPort: Int, ledger: String, now: Timestamp) -> String {
        let trusted = Date(timeIntervalSince1970: Double((now - .days(29)).milliseconds) / 1_000)
        return """
            listen: 127.0.0.1:\(port)
            ledger: \(ledger)
            history: 30d
            registries:
              - name: \(LedgerFill.registry)
                kind: oci
                url: http://127.0.0.1:\(registryPort)
                gapTolerance: 1h
                trustHistoryFrom: \(trusted.formatted(.iso8601.year().month().day()))
            policies:
              - name: unused
                registry: \(LedgerFill.registry)
                repositories: ["bench/**"]
                keep: { accessed: { atLeast: 1, within: 7d }, tags: [latest] }
                mode: enforce
            triggers:
              - name: \(trigger)
                registry: \(LedgerFill.registry)
                tags: \(GeneratedImage.perRepository)
                until: \(GeneratedImage.perRepository - 1)
            """
    }
}
