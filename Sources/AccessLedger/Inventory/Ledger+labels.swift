import Foundation
import GRDB
package import RegistryModel

/// A manifest whose image configuration has not been read.
package struct UnlabelledManifest: Sendable, Equatable {
    package var id: Int64
    package var digest: Digest
    package var mediaType: String?
}

/// The labels of one manifest; nil where its configuration can't be read.
package struct ManifestLabels: Sendable, Equatable {
    /// The manifest's row.
    package var id: Int64
    package var labels: Set<ImageLabel>?

    package init(id: Int64, labels: Set<ImageLabel>?) {
        self.id = id
        self.labels = labels
    }

    /// One object of keys and values, as the ledger keeps them.
    fileprivate var text: String? {
        get throws {
            guard let labels else { return nil }
            let pairs = Dictionary(labels.map { ($0.key, $0.value) }) { first, _ in first }
            return String(decoding: try JSONEncoder.sorted.encode(pairs), as: UTF8.self)
        }
    }
}

extension Ledger {
    /// Present manifests of a repository, behind row `last`, whose labels were not looked for.
    package func unlabelledManifests(
        in repositoryId: Int64,
        after last: Int64,
        limit: Int
    ) async throws -> [UnlabelledManifest] {
        try await read("read the inventory from") { db in
            try db.rows(
                """
                SELECT m.id, m.digest, m.mediaType FROM manifest AS m
                WHERE m.repositoryId = ?1 AND m.goneAt IS NULL AND m.reading = 1 AND m.id > ?2
                    AND NOT EXISTS (SELECT 1 FROM manifestLabels WHERE manifestId = m.id)
                ORDER BY m.id LIMIT ?3
                """,
                [repositoryId, last, limit]
            ).compactMap { row in
                Digest(row[1] as String).map {
                    UnlabelledManifest(id: row[0], digest: $0, mediaType: row[2])
                }
            }
        }
    }

    /// Keeps what image configurations say, or that they can't be read.
    package func store(labels: [ManifestLabels]) async throws {
        guard !labels.isEmpty else { return }
        try await write("store labels in") { db in
            for entry in labels {
                try db.run(
                    """
                    INSERT INTO manifestLabels (manifestId, labels) VALUES (?1, ?2)
                    ON CONFLICT (manifestId) DO UPDATE SET labels = excluded.labels
                    """,
                    [entry.id, try entry.text]
                )
            }
        }
    }

    /// Lets configurations that could not be read be tried again.
    package func retryLabels(of registry: RegistryRow) async throws {
        try await write("write the inventory to") { db in
            try db.run(
                """
                DELETE FROM manifestLabels WHERE labels IS NULL AND manifestId IN (
                    SELECT id FROM manifest WHERE registryId = ?
                )
                """,
                [registry.id]
            )
        }
    }
}

extension SliceReader {
    /// The labels of a manifest and of all that it holds.
    func labels(of id: Int64, depth: Int = 0) throws -> LabelFacts {
        var facts = try ownLabels(of: id)
        guard depth < Self.deepestNesting else { return LabelFacts(isIncomplete: true) }
        for child in try children(of: id) { facts.add(try labels(of: child, depth: depth + 1)) }
        return facts
    }

    func ownLabels(of id: Int64) throws -> LabelFacts {
        let row = try db.row("SELECT labels FROM manifestLabels WHERE manifestId = ?", [id])
        guard let text: String = row?[0],
            let pairs = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        else { return LabelFacts(isIncomplete: true) }
        return LabelFacts(labels: Set(pairs.map { ImageLabel(key: $0.key, value: $0.value) }))
    }
}
