import AccessLedger
import Cleanup
import Daemon
import RegistryClients
import RegistryModel

// What `check` says about deletes over the registry's API.
extension Check {
    /// What may be deleted over the API, with the repositories where that was tried; nil where it
    /// could not be found out.
    func deletes(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> (DeletePower?, [Finding]) {
        let subject = "registry \(target.row.name)"
        let names = try await someRepositories(target, deployment)
        guard let first = names.first else {
            let text = "holds nothing yet"
            return (nil, [Finding(subject: subject, state: .warning, text: text)])
        }
        let answers = try await DeletePowers(target: target).answers(in: names)
        let isAnyPermitted = answers.values.contains { $0.permits }
        var tried: [String: (state: Finding.State, names: [RepositoryName])] = [:]
        var order: [String] = []
        for name in names {
            guard let answer = answers[name] else { continue }
            let (state, text) = Self.finding(answer, target, isAnyPermitted: isAnyPermitted)
            if tried[text] == nil { order.append(text) }
            tried[text, default: (state, [])].names.append(name)
        }
        let findings = order.compactMap { text in
            tried[text].map { part in
                let list = part.names.map(\.description).joined(separator: ", ")
                return Finding(
                    subject: subject,
                    state: part.state,
                    text: "\(text) (tried in \(list))"
                )
            }
        }
        let best = names.lazy.compactMap { answers[$0] }.first { $0.permits } ?? answers[first]
        guard case .power(let power)? = best else { return (nil, findings) }
        return (power, findings)
    }

    private static func finding(
        _ answer: DeletePowers.Answer,
        _ target: CleanupTarget,
        isAnyPermitted: Bool
    ) -> (Finding.State, String) {
        // What the API refuses is done on the disk, where that is here.
        let isElsewhere = target.storage != nil || isAnyPermitted
        let refused = isElsewhere ? Finding.State.warning : .failed
        let hint = target.storage == nil ? "" : "; until then images go from its disk"
        switch answer {
        case .failed(let reason): return (isAnyPermitted ? .warning : .failed, reason)
        case .power(.byTag): return (.ok, "deletes tags and manifests")
        case .power(.digestOnly):
            return (.ok, "deletes manifests by digest; single tags are taken away by a detour")
        case .power(.byTagAndDigest):
            return (.ok, "deletes manifests by digest, and single tags; locked ones stay")
        case .power(.tagOnly):
            return (.ok, "deletes tags, and cares for what they pointed to by itself")
        case .power(.disabled) where isAnyPermitted:
            let text = "refuses all deletes in some repositories: a proxy's cache, an archive"
            return (refused, "\(text) or a read-only project does" + hint)
        case .power(.disabled):
            let error = RegistryError(
                operation: "delete from",
                subject: target.row.name,
                kind: .deletesDisabled
            )
            return (refused, "\(error)" + hint)
        case .power(.forbidden(let reason)): return (refused, reason + hint)
        }
    }

    /// Some of the registry's repositories, spread over all: rights may differ from one to the next.
    func someRepositories(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> [RepositoryName] {
        let known = try await deployment.ledger.repositories(of: target.row)
        let filled = known.filter { $0.tags + $0.untagged > 0 }
        let names = (filled.isEmpty ? known : filled).map(\.name)
        guard names.isEmpty else {
            let step = max(1, (names.count + Self.mostTried - 1) / Self.mostTried)
            return stride(from: 0, to: names.count, by: step).map { names[$0] }
        }
        let listed = (try? await firstRepositories(target)) ?? []
        let found = (target.repositories ?? listed).prefix(Self.mostTried)
        return found.isEmpty
            ? [RepositoryName("lastpull/check")].compactMap(\.self) : Array(found)
    }

    /// Each may be asked two things.
    static let mostTried = 10
}
