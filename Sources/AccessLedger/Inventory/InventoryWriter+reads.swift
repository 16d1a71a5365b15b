import GRDB
import RegistryModel

// What a client's read shows of where a tag points.
extension InventoryWriter {
    /// Whether a client that read a tag and was given one manifest proves that the tag no longer points
    /// to another.
    ///
    /// It proves nothing where it was given a part of an index, which registries do for clients that
    /// accept no index, or a manifest that the registry only made for it, as distribution up to 2.8 does
    /// for those that accept no schema 2 (`registry/handlers/manifests.go`, `GetManifest`). The latter is
    /// not stored; so `isLogged`, for sources that show what was answered, asks that the manifest was
    /// pushed or read. What is not known of the former target counts as one of its parts.
    func isMove(from former: Int64, to found: Int64, isLogged: Bool) throws -> Bool {
        guard former != found else { return false }
        let isPart = try db.number(
            """
            WITH RECURSIVE part (id, digest) AS (
                SELECT id, digest FROM manifest WHERE id = ?1
                UNION
                SELECT m.id, c.digest FROM part
                JOIN manifestChild AS c ON c.parentId = part.id
                LEFT JOIN manifest AS m
                    ON m.repositoryId = c.repositoryId AND m.digest = c.digest
            )
            SELECT EXISTS (
                SELECT 1 FROM part JOIN manifest AS n ON n.digest = part.digest WHERE n.id = ?2
            )
            """,
            [former, found]
        )
        guard isPart != 1 else { return false }
        guard isLogged else { return true }
        guard try isProven(found) else { return false }
        return try manifest(id: former)?.reading == 1
    }

    /// Whether it is known otherwise than by what clients were given that a registry has a manifest:
    /// because it was pushed or read.
    func isProven(_ id: Int64) throws -> Bool {
        try db.number(
            "SELECT EXISTS (SELECT 1 FROM manifest WHERE id = ? AND (reading = 1 OR pushedAt > 0))",
            [id]
        ) == 1
    }
}
