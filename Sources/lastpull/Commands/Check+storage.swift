import AccessLedger
import Cleanup
import Daemon
import Foundation
import RegistryClients
import RegistryModel
import RegistryStorage

// What `check` says about a registry's disk.
extension Check {
    /// Looks at the disk; `power` is what the API deletes, nil where that is not known.
    func storage(
        _ target: CleanupTarget,
        _ power: DeletePower?,
        _ deployment: Deployment
    ) async -> [Finding] {
        guard target.storage != nil else { return [] }
        let subject = "registry \(target.row.name)"
        do {
            let state = try await deployment.sweeper.state(of: target)
            let judge = StorageJudge(target: target, state: state, power: power)
            let lacksLog = try await !deployment.ledger.sources(now: deployment.now())
                .contains { $0.registry == target.row.name && $0.source == .log }
            let findings =
                [(State.ok, "\(state.path) is a registry's storage"), judge.presence]
                + [judge.obstacle, judge.origin, judge.forgetting, judge.held, judge.missing]
                .compactMap(\.self)
                + judge.mounts + judge.elsewhere + judge.strays
                + (lacksLog && !target.url.isEmpty ? [judge.regret] : [])
            return findings.map { Finding(subject: subject, state: $0.0, text: $0.1) }
        } catch {
            let text = "storage: \(error)\(Self.hint(error))"
            return [Finding(subject: subject, state: .failed, text: text)]
        }
    }

    /// A new registry has nothing on its disk, and that can't be told from a wrong path.
    private static func hint(_ error: any Error) -> String {
        guard let error = error as? StorageError,
            error.kind == .notThere || error.kind == .notARegistry
        else { return "" }
        return "; a new registry makes it with the first push"
    }

    typealias State = Finding.State
}

/// Judges what was found of a storage; each finding with its state.
private struct StorageJudge {
    typealias Finding = (Check.State, String)

    let target: CleanupTarget
    let state: StorageState
    let power: DeletePower?

    var presence: Finding {
        switch state.presence {
        case .running(let processes):
            (.ok, processes.map(Self.sentence).joined(separator: "; "))
        case .absent where target.url.isEmpty || state.forgetting == .notRunning:
            (.ok, "no registry runs on the storage")
        case .absent:
            (
                .warning,
                "\(target.url) answers, and no process of this machine is a registry on"
                    + " \(state.path); see that both are of one registry"
            )
        case .unknown(let reason):
            (.warning, "whether a registry runs on the storage is not known: \(reason)")
        }
    }

    private static func sentence(_ process: RegistryProcess) -> String {
        let since = process.startedAt.map { " since \($0.text)" } ?? ""
        let cache =
            switch process.cache {
            case .none: "no descriptor cache"
            case .inMemory: "a descriptor cache in memory"
            case .other(let kind): "a descriptor cache of its own kind (\(kind)), which outlives it"
            case .unknown: "a descriptor cache that can't be told"
            }
        return "process \(process.pid) is a registry on the storage\(since), with \(cache)"
    }

    /// A pull-through cache refuses every delete, whatever its settings say.
    var origin: Finding? {
        guard case .running(let processes) = state.presence,
            processes.contains(where: \.isPullThrough)
        else { return nil }
        return (
            .ok,
            "it is a pull-through cache, which refuses every delete over its API: the storage is"
                + " the only way"
        )
    }

    /// It is looked at with the rights of who asks.
    var obstacle: Finding? {
        state.obstacle.map { (.failed, "nothing can be swept from the storage: \($0)") }
    }

    /// How the registry is made to forget, so that the bytes can be given back.
    var forgetting: Finding? {
        switch state.forgetting {
        case .notRunning:
            return (.ok, "sweeps are safe: nobody remembers what is swept")
        case .noCache:
            return (.ok, "sweeps are safe: the registry remembers nothing of what is swept")
        case .byAPI:
            switch power {
            case .disabled, .forbidden: return restart("it takes no deletes over its API")
            case .byTag, .digestOnly, .byTagAndDigest, .tagOnly, nil:
                return (
                    .ok,
                    "sweeps are safe: the registry is made to forget blobs over its API; the data"
                        + " of manifests, which is small, stays while it runs with that cache"
                )
            }
        case .unproven(let reason):
            return restart(reason)
        }
    }

    private func restart(_ reason: String) -> Finding {
        guard target.afterSweep.isEmpty else {
            let command = target.afterSweep.joined(separator: " ")
            return (.ok, "\(reason), so sweeps end with afterSweep: \(command)")
        }
        return (
            .warning,
            "\(reason), so what is swept stays in quarantine until the registry is restarted;"
                + " set afterSweep to the command that does it"
        )
    }

    var held: Finding? {
        guard let held = state.held else { return (.ok, "nothing is in quarantine") }
        let text =
            "\(ByteCount(held.bytes)) of \(held.items) items in quarantine since \(held.since.text)"
        guard held.unproven > 0 else { return (.ok, text) }
        return (
            .warning,
            "\(text); \(held.unproven) of them are not proven forgotten, and stay until the registry"
                + " is restarted"
        )
    }

    /// Until all of it was pushed again.
    var missing: Finding? {
        state.missing.map { (.failed, "run \($0.run): \($0.why)") }
    }

    /// A sweep renames, and that does not go from one file system to another.
    var mounts: [Finding] {
        state.foreign.map { folder in
            (
                .failed,
                "\(state.path)/\(folder) is on another file system than \(state.path), so sweeps"
                    + " can't move anything away while the registry runs; mount the whole root as"
                    + " one file system, or stop the registry and sweep with --now"
            )
        }
    }

    /// What the setting no longer leads to.
    var elsewhere: [Finding] {
        state.elsewhere.map { place in
            (
                .warning,
                "what run \(place.run) took lies below \(place.path), and not below \(state.path);"
                    + " name that as the storage again to purge or restore it"
            )
        }
    }

    /// What a lost ledger, or a registry of another name, has left behind.
    var strays: [Finding] {
        state.strays.map { stray in
            let holds =
                "\(state.path)/\(Quarantine.name)/\(stray.run) holds \(ByteCount(stray.bytes)) that"
            let byHand =
                "move its files back to the same paths below \(state.path) (README, \"Put back by"
                + " hand\"), or remove the folder"
            guard let registry = stray.registry else {
                return (.warning, "\(holds) this ledger knows nothing of; \(byHand)")
            }
            guard stray.isTakenOver else {
                return (.warning, "\(holds) was taken from registry \(registry); \(byHand)")
            }
            return (
                .warning,
                "\(holds) was taken when the registry was called \(registry): `lastpull restore"
                    + " \(stray.run)` puts it back; the next prune, sweep or start of serve makes it"
                    + " that of \(target.row.name), and it is purged in its time"
            )
        }
    }

    var regret: Finding {
        (
            .warning,
            "notifications never report a request that was answered 404, so nobody hears that"
                + " something swept is asked for; let its access log post to"
                + " /logs/\(target.row.name)"
        )
    }
}
