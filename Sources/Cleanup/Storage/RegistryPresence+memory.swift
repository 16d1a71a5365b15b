import RegistryModel
import RegistryStorage

// What the registries on a storage remember of what was there.
extension RegistryPresence {
    var processes: [RegistryProcess] {
        if case .running(let processes) = self { return processes }
        return []
    }

    var isRunning: Bool { !processes.isEmpty }

    /// Whether only a restart makes one of the registries forget what is swept, and that is known
    /// beforehand.
    var hasStubbornMemory: Bool {
        processes.contains { $0.isPullThrough && $0.cache != .none }
    }

    /// Whether no process remembers what was taken at a moment; nil for one that is not known.
    func provesForgetting(since taken: MachineMoment?, _ isSilent: Bool) -> Bool {
        switch self {
        case .absent: isSilent
        case .running(let processes):
            processes.allSatisfy { process in
                switch process.cache {
                case .none: true
                case .inMemory: process.wasStarted(after: taken)
                case .other, .unknown: false
                }
            }
        case .unknown: false
        }
    }
}

extension RegistryProcess {
    /// Whether it certainly began after a moment; never where one of the two is not known.
    func wasStarted(after moment: MachineMoment?) -> Bool {
        guard let moment, let start else { return false }
        return start.isAfter(moment)
    }
}

extension StorageSweeper {
    /// Whether a registry has what lies on its disk, and nothing else: one that fetches what it has
    /// not is a pull-through cache, which is known where its process is seen.
    func holdsAll(of target: CleanupTarget) -> Bool {
        guard let root = try? open(target) else { return false }
        switch RegistryPresence.onStorage(root) {
        case .running(let processes):
            return processes.allSatisfy { !$0.isPullThrough && $0.cache != .unknown }
        case .absent, .unknown: return false
        }
    }
}
