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

    /// A folder of the quarantine that no run of this ledger answers for.
    package struct Stray: Sendable, Equatable {
        package var run: RunName
        package var bytes: Int64
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

    /// Folders with something in them that was taken with another ledger, or left behind.
    private func strays(
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws -> [StorageState.Stray] {
        let known = Set(try await ledger.quarantines(of: target.row).map(\.run))
        let quarantine = Quarantine(root: root)
        var strays: [StorageState.Stray] = []
        for name in try await offPool({ try quarantine.runs() }) where !known.contains(name) {
            if try await ledger.run(name)?.state == .running { continue }
            let files = try await offPool { try quarantine.contents(of: name) }
            guard !files.isEmpty else { continue }
            strays.append(
                StorageState.Stray(run: name, bytes: files.reduce(0) { $0 + $1.size })
            )
        }
        return strays
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
