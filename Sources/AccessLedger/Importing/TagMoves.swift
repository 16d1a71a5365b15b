import GRDB

/// Where tags pointed, by tag: what an import has asked the ledger for.
struct TagMoves {
    struct Move {
        var since: Int64
        var manifestId: Int64
    }

    private var moves: [Int64: [Move]] = [:]

    mutating func forget(_ tagId: Int64) { moves[tagId] = nil }

    /// The moves of a tag in the order of time.
    mutating func moves(of tagId: Int64, _ db: Database) throws -> [Move] {
        if let known = moves[tagId] { return known }
        var read: [Move] = []
        try db.forEach(
            "SELECT since, manifestId FROM tagMove WHERE tagId = ? ORDER BY since",
            [tagId]
        ) { read.append(Move(since: $0[0], manifestId: $0[1])) }
        if moves.count >= Self.most { moves.removeAll() }
        moves[tagId] = read
        return read
    }

    private static let most = 8_192
}
