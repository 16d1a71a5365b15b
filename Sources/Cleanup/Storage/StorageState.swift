import AccessLedger
package import RegistryModel
package import RegistryStorage

/// How things stand with a registry's disk, for `check`.
package struct StorageState: Sendable {
    /// How the registry will be made to forget what is swept.
    package enum Forgetting: Sendable, Equatable {
        case notRunning
        case noCache
        case byAPI
        case unproven(String)
    }

    /// What a sweep has taken and not yet given back.
    package struct Held: Sendable, Equatable {
        package var items = 0
        package var bytes: Int64 = 0
        /// When the oldest of it was taken.
        package var since: Timestamp
        /// Items that the registry may still believe in.
        package var unproven = 0
    }

    /// A folder of the quarantine that no run of this registry answers for.
    package struct Stray: Sendable, Equatable {
        package var run: RunName
        package var bytes: Int64
        /// The other registry from which the run took it; nil where this ledger knows of none.
        package var registry: String?
        /// Whether it is this registry's from the next cleanup on: the settings do not name the other.
        package var isTakenOver = false
    }

    /// A run whose files lie on another storage.
    package struct Elsewhere: Sendable, Equatable {
        package var run: RunName
        package var path: String
    }

    /// What manifests need and a sweep at once has deleted, while a registry was started.
    package struct Missing: Sendable, Equatable {
        package var run: String
        /// With what is to be done.
        package var why: String
    }

    package var path: String
    /// Folders on another file system than the root.
    package var foreign: [StoragePath]
    package var elsewhere: [Elsewhere]
    package var presence: RegistryPresence
    package var forgetting: Forgetting
    package var held: Held?
    package var strays: [Stray]
    /// Why nothing can be swept, as far as this process's rights tell that.
    package var obstacle: StorageError?
    package var missing: Missing?
}

extension StorageSweeper {
    /// Looks at a registry's disk and its quarantine; changes nothing.
    ///
    /// - Throws: Where the storage can't be opened, why.
    package func state(of target: CleanupTarget) async throws -> StorageState {
        let root = try open(target)
        let presence = RegistryPresence.onStorage(root)
        return StorageState(
            path: root.path,
            foreign: try await offPool { try root.foreignFolders() },
            elsewhere: try await elsewhere(target, root),
            presence: presence,
            forgetting: StorageState.Forgetting(await forgetWay(target, presence)),
            held: try await held(target),
            strays: try await strays(target, root),
            obstacle: try await offPool { try root.obstacleToChanges() },
            missing: try await missingContent(target, root)
        )
    }

    private func held(_ target: CleanupTarget) async throws -> StorageState.Held? {
        var held: StorageState.Held?
        for (name, since) in try await ledger.quarantines(of: target.row) {
            let items = try await ledger.run(name)?.storage ?? []
            for item in items where item.state == .quarantined && item.registry == target.row {
                var sum = held ?? StorageState.Held(since: since)
                sum.items += 1
                sum.bytes += item.bytes
                sum.since = min(sum.since, since)
                if !item.isForgotten { sum.unproven += 1 }
                held = sum
            }
        }
        return held
    }
}

extension StorageState.Forgetting {
    fileprivate init(_ way: ForgetWay) {
        self =
            switch way {
            case .notRunning: .notRunning
            case .noCache: .noCache
            case .api: .byAPI
            case .unproven(let reason): .unproven(reason)
            }
    }
}
