import RegistryModel

/// What the journal counts, by row and hour.
struct JournalSums {
    struct Sum {
        var counts = AccessCounts()
        var lastAt: Int64 = 0
    }

    private(set) var hours: [CountedRow: [CountedHour: Sum]] = [:]
    /// Rows whose own last access is to follow, and when that was.
    private(set) var raised: [CountedRow: Int64] = [:]

    /// Makes room for the rows that are likely to come.
    init(room: Int = 0) { hours.reserveCapacity(room) }

    mutating func add(_ page: JournalPage) {
        for credit in page.credits {
            let hour = CountedHour(
                hour: Timestamp(milliseconds: credit.time).hour,
                source: credit.source
            )
            hours[credit.row, default: [:]][hour, default: Sum()].add(credit)
            if credit.raisesRow {
                raised[credit.row] = max(raised[credit.row] ?? 0, credit.time)
            }
        }
    }
}

extension JournalSums {
    /// Lets the rows' own last access follow.
    mutating func raise(_ rows: [CountedRow: Int64]) { raised.merge(rows, uniquingKeysWith: max) }
}

extension JournalSums.Sum {
    mutating func add(_ more: AccessCounts, lastAt time: Int64) {
        counts = counts + more
        lastAt = max(lastAt, time)
    }

    fileprivate mutating func add(_ credit: Credit) {
        counts.add(credit.accessClass, 1)
        lastAt = max(lastAt, credit.time)
    }
}
