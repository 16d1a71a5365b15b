import GRDB
import RegistryModel

// What anyone may have said.
extension BatchRecorder {
    /// Whether an access changes nothing of what is known but how often that was used.
    ///
    /// A lie may keep an image. It must not let one go, so it moves no tag, deletes nothing, takes no
    /// place among the newest, and takes back no read of somebody else.
    func isCredible(_ access: Access, of delivery: Delivery) throws -> Bool {
        guard access.class == .pull || access.class == .resolve,
            let repositoryId = try knownRepository(access.repository, of: delivery)
        else { return false }
        var manifest: KnownRow?
        if let digest = access.digest {
            let key = ManifestKey(repositoryId: repositoryId, digest: digest)
            manifest = try knownRow(of: key)
            guard manifest?.isPresent == true else { return false }
        }
        guard let name = access.tag else { return true }
        let tag = try row(of: TagKey(repositoryId: repositoryId, name: name))
        guard let tag, tag.isPresent, let target = tag.target else { return false }
        return manifest == nil || manifest?.row.id == target
    }

    private func knownRepository(
        _ name: RepositoryName,
        of delivery: Delivery
    ) throws -> Int64? {
        let key = RepositoryKey(registryId: delivery.registry.id, name: name)
        if let id = known.repository(key) { return id }
        let id = try writer(delivery).knownRepository(name)
        if let id { known.know(id, as: key) }
        return id
    }

    /// Adds to what a socket has taken and dropped.
    func note(_ socket: DecodedBody.SocketNews, of delivery: Delivery) throws {
        try db.run(
            """
            INSERT INTO logSocket (registryId, address, lines, dropped, lastAt, droppedAt)
            VALUES (?1, ?2, ?3, ?4, iif(?3 > 0, ?5, NULL), iif(?4 > 0, ?5, NULL))
            ON CONFLICT (registryId, address) DO UPDATE SET
                lines = lines + excluded.lines,
                dropped = dropped + excluded.dropped,
                lastAt = ifnull(excluded.lastAt, lastAt),
                droppedAt = ifnull(excluded.droppedAt, droppedAt)
            """,
            [
                delivery.registry.id, socket.address, socket.lines, socket.dropped,
                delivery.receivedAt.milliseconds,
            ]
        )
    }
}
