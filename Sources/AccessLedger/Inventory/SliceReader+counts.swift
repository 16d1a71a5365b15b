import GRDB
import RegistryModel

/// How often what is in a slice was used.
extension SliceReader {
    /// A manifest's accesses with those of everything it holds.
    mutating func windowCounts(
        of id: Int64,
        _ rule: SliceRule,
        depth: Int = 0
    ) throws -> WindowCounts {
        if let known = counts[id] { return known }
        var sum = try hours(of: CountedRow(kind: .manifest, id: id), rule)
        if depth < Self.deepestNesting {
            for child in try children(of: id) {
                let more = try windowCounts(of: child, rule, depth: depth + 1)
                sum.inTagWindow = sum.inTagWindow + more.inTagWindow
                sum.inUntaggedWindow = sum.inUntaggedWindow + more.inUntaggedWindow
                sum.inHistory = sum.inHistory + more.inHistory
                sum.lastAt = max(sum.lastAt, more.lastAt)
            }
        }
        counts[id] = sum
        return sum
    }

    /// Indexes nest two deep in practice; content addresses forbid cycles.
    static let deepestNesting = 16

    /// Sums the hours of one row; of two sources that report the same hour the larger count holds.
    mutating func hours(of row: CountedRow, _ rule: SliceRule) throws -> WindowCounts {
        var sum = WindowCounts()
        var largest = AccessCounts()
        let recorded = try recorded(row)
        for (index, (hour, found)) in recorded.enumerated() {
            sum.lastAt = max(sum.lastAt, found.lastAt)
            largest = AccessCounts(
                pulls: max(largest.pulls, found.counts.pulls),
                resolves: max(largest.resolves, found.counts.resolves),
                pushes: max(largest.pushes, found.counts.pushes)
            )
            let next = index + 1 < recorded.count ? recorded[index + 1].0.hour : nil
            guard next != hour.hour else { continue }
            sum.add(largest, in: hour.hour, rule)
            largest = AccessCounts()
        }
        return sum
    }

    /// The hours of one row in their order, with what the journal adds to them.
    private mutating func recorded(
        _ row: CountedRow
    ) throws -> [(CountedHour, JournalSums.Sum)] {
        let sums = try journal ?? Journal(db: db).sums()
        journal = sums
        let stored = try db.rows(Self.hoursQuery(row.kind), [row.id]).map { found in
            (
                CountedHour(hour: found[0], source: found[1]),
                JournalSums.Sum(
                    counts: AccessCounts(pulls: found[2], resolves: found[3], pushes: found[4]),
                    lastAt: found[5]
                )
            )
        }
        guard var hours = sums.hours[row] else { return stored }
        for (hour, sum) in stored {
            hours[hour, default: JournalSums.Sum()].add(sum.counts, lastAt: sum.lastAt)
        }
        return hours.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func hoursQuery(_ kind: CountedRow.Kind) -> String {
        switch kind {
        case .tag:
            """
            SELECT hour, source, pulls, resolves, pushes, lastAt FROM tagHour
            WHERE tagId = ? ORDER BY hour, source
            """
        case .manifest:
            """
            SELECT hour, source, pulls, resolves, pushes, lastAt FROM manifestHour
            WHERE manifestId = ? ORDER BY hour, source
            """
        }
    }
}
