import Foundation
import GRDB
import RegistryModel

extension Ledger {
    static func runRecord(_ row: some LedgerRow) -> RunRecord? {
        guard let name = RunName(row[1] as String),
            let state = RunRecord.State(rawValue: row[6] as String)
        else { return nil }
        var run = RunRecord(
            name: name,
            cause: row[2],
            measured: row[3],
            scope: row[4],
            mode: row[5],
            state: state,
            createdAt: Timestamp(milliseconds: row[8])
        )
        run.note = row[7]
        run.endedAt = (row[9] as Int64?).map(Timestamp.init(milliseconds:))
        run.kept = row[10]
        let reasons = try? JSONSerialization.jsonObject(with: Data((row[11] as String).utf8))
        run.keptReasons = reasons as? [String: Int] ?? [:]
        run.fingerprint = row[12]
        return run
    }

    static func items(ofRun id: Int64, _ db: Database) throws -> PackedList<RunItem> {
        var items: PackedList<RunItem> = []
        // One row after the other: there may be very many.
        try db.forEach("\(itemColumns) WHERE i.runId = ? ORDER BY i.ordinal", [id]) { row in
            if let item = item(row) { items.append(item) }
        }
        return items
    }

    static func item(_ ordinal: Int, ofRun id: Int64, _ db: Database) throws -> RunItem? {
        try db.row("\(itemColumns) WHERE i.runId = ? AND i.ordinal = ?", [id, ordinal])
            .flatMap(item)
    }

    private static var itemColumns: String {
        """
        SELECT i.ordinal, i.kind, i.registryId, g.name, i.repositoryId, r.name, i.tagId, i.tag,
            i.manifestId, i.digest, i.reason, i.why, i.policy, i.lastAccess, i.accesses,
            i.bytes, i.removesManifest, i.state, i.detail, i.step, i.mode
        FROM runItem AS i
        JOIN registry AS g ON g.id = i.registryId
        JOIN repository AS r ON r.id = i.repositoryId
        """
    }

    private static func item(_ row: some LedgerRow) -> RunItem? {
        guard let repository = RepositoryName(row[5] as String) else { return nil }
        var item = RunItem(
            ordinal: row[0],
            kind: row[1],
            registry: RegistryRow(id: row[2], name: row[3]),
            repositoryId: row[4],
            repository: repository,
            reason: row[10]
        )
        item.tagId = row[6]
        item.tag = (row[7] as String?).flatMap { TagName($0) }
        item.manifestId = row[8]
        item.digest = (row[9] as String?).flatMap { Digest($0) }
        item.why = row[11]
        item.policy = row[12]
        item.lastAccess = (row[13] as Int64?).map(Timestamp.init(milliseconds:))
        item.accesses = row[14]
        item.bytes = row[15]
        item.removesManifest = row[16]
        item.state = RunItem.State(rawValue: row[17] as String) ?? .failed
        item.detail = row[18]
        item.step = row[19]
        item.isEnforced = (row[20] as String) == "enforce"
        return item
    }
}
