import RegistryModel

extension InventoryWriter {
    /// Notes how large a blob really is, and corrects what its claim was counted in.
    func measured(_ id: Int64, size: Int64) throws {
        let row = try db.row("SELECT size, uses FROM blob WHERE id = ?", [id])
        guard let row else { return }
        let claimed: Int64 = row[0]
        let uses: Int64 = row[1]
        try db.run("UPDATE blob SET size = ?, isMeasured = 1 WHERE id = ?", [size, id])
        guard size != claimed else { return }
        let change = size - claimed
        if uses > 0 { try addRegistryBytes(change) }
        let users = try db.rows(
            "SELECT repositoryId, heldUses FROM repositoryBlob WHERE blobId = ? AND uses > 0",
            [id]
        )
        for user in users {
            let isHeld = (user[1] as Int64) > 0
            try addBytes(change, isHeld ? 0 : change, toRepository: user[0])
        }
    }
}
