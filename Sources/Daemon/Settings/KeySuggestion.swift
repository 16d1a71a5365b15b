/// What was meant by a word that is not known.
enum KeySuggestion {
    /// The known word that `word` is most likely a misspelling of, or nil when none is near.
    static func nearest(to word: String, among known: [String]) -> String? {
        let lower = word.lowercased()
        let rated = known.map { (word: $0, distance: distance(lower, $0.lowercased())) }
        guard let best = rated.min(by: { $0.distance < $1.distance }) else { return nil }
        if best.distance <= max(1, best.word.count / 3) { return best.word }
        // `password` for `passwordFile`, `repository` for `repositories`.
        return known.first { lower.count >= 4 && $0.lowercased().hasPrefix(lower.dropLast()) }
    }

    /// What to do about an unknown word: the one that was meant, or all there are.
    static func advice(for word: String, among known: [String]) -> String {
        if let nearest = nearest(to: word, among: known) { return "did you mean \(nearest)?" }
        if known.isEmpty { return "there is none" }
        return "known here: \(known.joined(separator: ", "))"
    }

    /// How many letters must be inserted, removed, replaced or swapped with their neighbour to make
    /// `left` into `right`.
    private static func distance(_ left: String, _ right: String) -> Int {
        let source = Array(left)
        let target = Array(right)
        var before: [Int] = []
        var row = Array(0...target.count)
        for line in source.indices {
            var next = [line + 1]
            for column in target.indices {
                let isSame = source[line] == target[column]
                var best = min(
                    row[column] + (isSame ? 0 : 1),
                    row[column + 1] + 1,
                    next[column] + 1
                )
                if line > 0, column > 0, source[line] == target[column - 1],
                    source[line - 1] == target[column]
                {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            (before, row) = (row, next)
        }
        return row[target.count]
    }
}
