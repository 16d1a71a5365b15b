import GRDB

extension Migrations {
    /// Remembers which blobs were measured; what claims to be larger than anything can be counts
    /// nothing until it is.
    static func measureBlobs(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE blob
                    ADD COLUMN isMeasured INTEGER NOT NULL DEFAULT 0 CHECK (isMeasured IN (0, 1));
                CREATE INDEX blobUnmeasured ON blob (registryId, size)
                    WHERE isMeasured = 0 AND size >= 1048576;
                CREATE INDEX repositoryBlobByBlob ON repositoryBlob (blobId);

                UPDATE repository SET
                    bytes = (
                        SELECT ifnull(sum(iif(b.size > 35184372088832, 0, b.size)), 0)
                        FROM repositoryBlob AS x JOIN blob AS b ON b.id = x.blobId
                        WHERE x.repositoryId = repository.id AND x.uses > 0
                    ),
                    untaggedBytes = (
                        SELECT ifnull(sum(iif(b.size > 35184372088832, 0, b.size)), 0)
                        FROM repositoryBlob AS x JOIN blob AS b ON b.id = x.blobId
                        WHERE x.repositoryId = repository.id AND x.uses > 0 AND x.heldUses = 0
                    )
                WHERE id IN (
                    SELECT x.repositoryId
                    FROM blob AS b JOIN repositoryBlob AS x ON x.blobId = b.id
                    WHERE b.size > 35184372088832
                );
                UPDATE registry SET bytes = (
                    SELECT ifnull(sum(iif(b.size > 35184372088832, 0, b.size)), 0)
                    FROM blob AS b WHERE b.registryId = registry.id AND b.uses > 0
                )
                WHERE id IN (SELECT registryId FROM blob WHERE size > 35184372088832);
                UPDATE blob SET size = 0 WHERE size > 35184372088832;
                """
        )
    }
}
