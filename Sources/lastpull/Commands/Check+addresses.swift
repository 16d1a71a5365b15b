import AccessLedger
import Cleanup
import Daemon
import RegistryClients

// What `check` says about one registry under two names.
extension Check {
    /// Docker Hub has one address for everybody, and tells of pulls itself.
    static func sharedAddresses(_ deployment: Deployment) -> [Finding] {
        let hubs = Set(
            deployment.settings.registries.filter { $0.kind == .dockerhub }.map(\.name)
        )
        var owners: [String: String] = [:]
        var findings: [Finding] = []
        for target in deployment.targets where !target.place.isEmpty {
            guard !hubs.contains(target.row.name) else { continue }
            guard let owner = owners.updateValue(target.row.name, forKey: target.place) else {
                continue
            }
            findings.append(
                Finding(
                    subject: target.row.name,
                    state: .warning,
                    text:
                        "has the same url as \(owner): what is heard under one name keeps nothing "
                        + "under the other; make one registry of both"
                )
            )
        }
        return findings
    }
}
