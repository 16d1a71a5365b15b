import AccessLedger
import Cleanup
import Daemon
import RegistryClients
import RegistryModel

// What `check` says about repositories that can't be listed: nothing goes from them.
extension Check {
    func unlisted(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [Finding] {
        let known = try await deployment.ledger.unlisted(of: target.row)
        var findings: [Finding] = []
        func say(_ text: String, _ state: Finding.State = .warning) {
            findings.append(
                Finding(subject: "registry \(target.row.name)", state: state, text: text)
            )
        }
        for repository in known.prefix(Self.mostTried) {
            let (name, since) = (repository.name, repository.failure.since.text)
            if let reason = await refusal(of: name, target) {
                say("\(name) can't be listed since \(since) and is left alone: \(reason)")
            } else {
                let why = repository.failure.why
                say("\(name) could not be listed since \(since) and is left alone: \(why)")
                say("the tags of \(name) are given again; the next listing takes it up", .ok)
            }
        }
        let more = known.count - Self.mostTried
        if more > 0 { say("\(more) more repositories could not be listed and are left alone") }
        // Before the first listing nobody knows: a few are tried.
        let isNew = try await deployment.ledger.lastListing(of: target.row) == nil
        guard isNew, known.isEmpty else { return findings }
        for name in try await someRepositories(target, deployment) {
            guard let reason = await refusal(of: name, target) else { continue }
            say("\(name) can't be listed and will be left alone: \(reason)")
        }
        return findings
    }

    /// Why a repository's tags are not given; nil where they are.
    private func refusal(of name: RepositoryName, _ target: CleanupTarget) async -> String? {
        do {
            _ = try await target.reader.tags(of: name)
            return nil
        } catch {
            return error.kind == .notFound ? nil : "\(error)"
        }
    }
}
