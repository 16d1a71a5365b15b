import AccessLedger
import RegistryClients
import RegistryModel
import RegistryStorage

/// How a registry is known to have forgotten what was taken from its disk (design, section 5.8).
enum ForgetWay: Sendable {
    /// No registry runs on the storage, so none remembers anything.
    case notRunning
    /// The registries that run on it have no descriptor cache.
    case noCache
    /// The registry is made to drop its links, which drops what its cache knows of them.
    case api(any BlobForgetting)
    /// It can't be known until the registry is restarted.
    case unproven(String)

    /// Whether the data of manifests may go: nothing makes a running cache forget them.
    var takesManifestData: Bool {
        switch self {
        case .notRunning, .noCache: true
        case .api, .unproven: false
        }
    }

    /// Whether our own process is the only one that works on the tree.
    var isAlone: Bool {
        if case .notRunning = self { return true }
        return false
    }
}

extension StorageSweeper {
    /// Finds out how a registry can be made to forget.
    func forgetWay(_ target: CleanupTarget, _ presence: RegistryPresence) async -> ForgetWay {
        let answers = await doesAnswer(target)
        switch presence {
        case .running(let processes):
            if processes.allSatisfy({ $0.cache == .none }) {
                let heard = await processesHeard(target)
                guard heard > processes.count else { return .noCache }
                return .unproven(
                    "\(heard) registry processes report it, \(processes.count) run here"
                )
            }
            guard answers, let client = target.client as? any BlobForgetting else {
                return .unproven(
                    "the registry has a descriptor cache and does not answer at its url"
                )
            }
            return await apiWay(target, client, processes: processes.count)
        case .absent where !answers:
            return .notRunning
        case .absent, .unknown:
            guard answers, let client = target.client as? any BlobForgetting else {
                if case .unknown(let reason) = presence { return .unproven(reason) }
                return .unproven("the registry does not answer")
            }
            return await apiWay(target, client, processes: 1)
        }
    }

    /// How it forgets by now: who was started or stopped since the plan may remember what the plan
    /// took for forgotten.
    func forgetWay(
        _ target: CleanupTarget,
        _ presence: RegistryPresence,
        since former: ForgetWay
    ) async -> ForgetWay {
        let way = await forgetWay(target, presence)
        switch (former, way) {
        case (.notRunning, .notRunning), (.noCache, .noCache), (.api, .api): return way
        case (.unproven, _): return former
        default: return .unproven("a registry was started or stopped on it meanwhile")
        }
    }

    /// Whether nobody else works on the tree, as far as one can tell.
    func isAtRest(
        _ target: CleanupTarget,
        _ presence: RegistryPresence,
        _ way: ForgetWay
    ) -> Bool {
        way.isAlone || target.url.isEmpty && !presence.isRunning
    }

    /// A request reaches one process only: with several of them the others would go on believing.
    private func apiWay(
        _ target: CleanupTarget,
        _ client: any BlobForgetting,
        processes: Int
    ) async -> ForgetWay {
        let heard = await processesHeard(target)
        guard max(processes, heard) <= 1 else {
            return .unproven(
                "\(max(processes, heard)) registry processes have a cache each; restart them"
            )
        }
        return .api(client)
    }

    private func processesHeard(_ target: CleanupTarget) async -> Int {
        (try? await ledger.processesHeard(of: target.row, since: now() - .hours(1))) ?? 0
    }

    /// Whether a registry answers, or may be running where it can't be reached.
    package func doesAnswer(_ target: CleanupTarget) async -> Bool {
        await voice(of: target) != .none
    }

    func voice(of target: CleanupTarget) async -> RegistryVoice {
        guard !target.url.isEmpty else { return .none }
        do {
            try await target.client.ping()
            return .answers
        } catch {
            switch error.kind {
            case .connectionRefused: return .none
            // A network that is cut, or a name that is not known here, stops no registry.
            case .unreachable: return .unclear(error.description)
            // Whatever it answers, somebody is there.
            default: return .answers
            }
        }
    }
}

/// Whether a registry is heard at its url.
enum RegistryVoice: Sendable, Equatable {
    /// Its host says that nothing listens there, or there is no url.
    case none
    case answers
    /// It can't be reached, which does not tell that it is stopped.
    case unclear(String)
}
