import AccessLedger
import Cleanup
import Daemon
import Foundation
import RegistryModel

// What `check` says about logs that are followed, and about those that were imported.
extension Check {
    func followed(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let subject = "registry \(target.row.name)"
        var findings: [Finding] = []
        for (place, state) in try await deployment.followed(of: target) {
            let (judged, text) = Self.judged(place, state)
            findings.append(Finding(subject: subject, state: judged, text: text))
        }
        let imported = try await deployment.ledger.imported(of: target.row)
        if imported.files > 0 {
            let last = imported.lastLine.map { ", the newest of \($0.text)" } ?? ""
            let text = "imported: \(imported.accesses) accesses of \(imported.files) logs\(last)"
            findings.append(Finding(subject: subject, state: .ok, text: text))
        }
        return findings
    }

    private static func judged(
        _ place: String,
        _ state: FollowedPlace?
    ) -> (Finding.State, String) {
        guard let state else {
            return (.warning, "\(place) is not followed yet; `lastpull serve` does that")
        }
        guard state.problem.isEmpty else {
            let since = "since \(state.changedAt.text)"
            return (.failed, "\(place) can't be read: \(state.problem) (\(since))")
        }
        guard let newest = state.newest else {
            return (.warning, "follows \(place), in which nothing was found yet")
        }
        let last = newest.lastLine.map { ", last line \($0.text)" } ?? ""
        return (
            .ok,
            "follows \(place): \(state.accesses) accesses, read up to byte \(newest.offset)\(last)"
        )
    }
}
