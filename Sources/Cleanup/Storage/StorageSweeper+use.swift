import RegistryModel
import RegistryStorage

extension StorageSweeper {
    /// Why a storage is not at rest, so that nothing may go from it at once; nil where it is.
    package func use(of target: CleanupTarget) async throws -> String? {
        switch await voice(of: target) {
        case .none: break
        case .answers: return "\(target.url) answers"
        case .unclear(let reason): return "it is not sure that \(target.url) is stopped: \(reason)"
        }
        let root = try open(target)
        switch RegistryPresence.onStorage(root) {
        case .running(let processes):
            let pid = processes.first.map { "\($0.pid)" } ?? ""
            return "process \(pid) is a registry on \(root.path)"
        case .unknown(let reason): return "a registry may run on \(root.path): \(reason)"
        case .absent: break
        }
        let time = now()
        let changed = try await offPool { try TreeChanges.newest(root) }
        guard let changed, time - changed < target.grace else { return nil }
        return "\(root.path) changed within the last \(target.grace)"
    }
}

/// When a tree was last changed, as far as its folders tell: every push makes a new entry in one.
enum TreeChanges {
    static func newest(_ root: StorageRoot) throws -> Timestamp? {
        var newest: Timestamp?
        func look(_ path: StoragePath) throws {
            guard let facts = try root.facts(path), facts.kind == .folder else { return }
            newest = max(newest ?? facts.modified, facts.modified)
        }
        for algorithm in try root.list(.blobs) ?? [] {
            guard let folder = StoragePath.blobs.appending(algorithm.name) else { continue }
            for entry in try root.list(folder) ?? [] {
                if let path = folder.appending(entry.name) { try look(path) }
            }
        }
        for repository in try StorageInventory(root: root).repositories() {
            let place = StoragePath.repository(repository)
            for inner in Self.folders {
                if let path = StoragePath("\(place)/\(inner)") { try look(path) }
            }
        }
        return newest
    }

    private static let folders = [
        "_layers/sha256", "_manifests/revisions/sha256", "_manifests/tags", "_uploads",
    ]
}
