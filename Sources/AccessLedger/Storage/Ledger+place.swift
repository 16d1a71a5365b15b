import GRDB
package import RegistryModel

/// Where the storage lies that a sweep took something from.
package struct StoragePlace: Sendable, Equatable {
    /// Of the filesystem driver's root, absolute and without links.
    package var path: String
    /// `f_fsid` of the file system.
    package var fileSystem: Int64
    /// Of the root.
    package var inode: Int64

    package init(path: String, fileSystem: Int64, inode: Int64) {
        self.path = path
        self.fileSystem = fileSystem
        self.inode = inode
    }
}

extension Ledger {
    /// Writes down from where a sweep takes something, before it does.
    package func note(place: StoragePlace, of run: RunName) async throws {
        try await write("write a sweep to") { db in
            guard let id = try Self.runId(run, db) else { return }
            try db.run(
                """
                INSERT OR REPLACE INTO storagePlace (runId, path, fileSystem, inode)
                VALUES (?, ?, ?, ?)
                """,
                [id, place.path, place.fileSystem, place.inode]
            )
        }
    }

    /// From where a sweep took something; nil where that was not written down.
    package func place(of run: RunName) async throws -> StoragePlace? {
        try await read("read where a sweep was made from") { db in
            try db.rows(
                """
                SELECT p.path, p.fileSystem, p.inode
                FROM storagePlace AS p JOIN run AS r ON r.id = p.runId WHERE r.name = ?
                """,
                [run.description]
            ).first.map { StoragePlace(path: $0[0], fileSystem: $0[1], inode: $0[2]) }
        }
    }

    /// The last of some events about a registry; nil where there is none.
    package func lastEvent(
        of actor: String,
        type: String = "registry",
        among actions: [String]
    ) async throws -> PruneEvent? {
        try await read("read events from") { db in
            for action in actions {
                // Most registries have none, and the events are many.
                let known = try db.number(
                    "SELECT events FROM eventCount WHERE actor = ? AND type = ? AND action = ?",
                    [actor, type, action]
                )
                guard known != nil else { continue }
                let rows = try db.rows(
                    """
                    SELECT id, time, type, action, actor, attributes FROM event
                    WHERE actor = ? AND type = ? ORDER BY id DESC
                    """,
                    [actor, type]
                )
                return rows.lazy.map(Self.storedEvent).first {
                    actions.contains($0.event.action)
                }?.event
            }
            return nil
        }
    }
}
