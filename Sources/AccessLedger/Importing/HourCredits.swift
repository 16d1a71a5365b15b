import GRDB
import RegistryModel

/// Uses that are to be added to the hours of what was used.
struct HourCredits {
    private struct Credit {
        var row: CountedRow
        var hour: Int64
        var counts: AccessCounts
        var lastAt: Int64

        func isOfSameHour(as other: Credit) -> Bool { row == other.row && hour == other.hour }
    }

    private var credits: [Credit] = []

    mutating func add(_ use: ImportedChunk.Use, _ tally: UseTally, to row: CountedRow) {
        var counts = AccessCounts()
        counts.add(use.name.class, tally.count)
        credits.append(
            Credit(row: row, hour: Int64(use.name.hour), counts: counts, lastAt: tally.last)
        )
    }

    /// Adds everything, page by page of the tables, and returns when each row was used last.
    mutating func write(_ db: Database) throws -> [CountedRow: Int64] {
        credits.sort { left, right in
            left.row.kind != right.row.kind
                ? left.row.kind.rawValue < right.row.kind.rawValue
                : left.row.id != right.row.id
                    ? left.row.id < right.row.id : left.hour < right.hour
        }
        let writer = UseWriter(db: db)
        let statements = try (
            manifest: writer.addition(to: .manifest), tag: writer.addition(to: .tag)
        )
        var last: [CountedRow: Int64] = [:]
        var start = 0
        while start < credits.count {
            var sum = credits[start]
            var end = start + 1
            while end < credits.count, credits[end].isOfSameHour(as: sum) {
                sum.counts = sum.counts + credits[end].counts
                sum.lastAt = max(sum.lastAt, credits[end].lastAt)
                end += 1
            }
            start = end
            try (sum.row.kind == .tag ? statements.tag : statements.manifest).execute(words: [
                sum.row.id, sum.hour, Int64(AccessSource.log.rawValue), Int64(sum.counts.pulls),
                Int64(sum.counts.resolves), Int64(sum.counts.pushes), sum.lastAt,
            ])
            last[sum.row] = max(last[sum.row] ?? .min, sum.lastAt)
        }
        credits = []
        return last
    }
}
