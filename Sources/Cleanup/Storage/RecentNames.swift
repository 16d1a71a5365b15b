import RegistryModel

/// What was named in the last moments, in the order in which it was heard.
struct RecentNames {
    struct Name {
        var digest: Digest
        /// Whether it is a manifest that was pushed, which needs more than itself.
        var isPush: Bool
    }

    private var names: [(name: Name, time: Timestamp)] = []

    mutating func note(_ named: [Name], at time: Timestamp) {
        names += named.map { ($0, time) }
        guard names.count > 2 * Self.most || names.first.map({ time - $0.time > Self.span }) == true
        else { return }
        names.removeAll { time - $0.time > Self.span }
        names.removeFirst(max(0, names.count - Self.most))
    }

    /// What was named after it was taken; for each thing taken, the time at which its run began.
    func wanted(of taken: [Digest: Timestamp]) -> Set<Digest> {
        guard let first = taken.values.min() else { return [] }
        let late = names.filter { entry in
            let since = entry.name.isPush ? first : taken[entry.name.digest]
            return since.map { entry.time >= $0 } ?? false
        }
        return Set(late.map { $0.name.digest })
    }

    /// Longer than a sweep takes from its first file until what it took is known here, but for the
    /// largest; those find pushes by their second mark.
    private static let span = Span.minutes(1)
    /// Some megabytes; older names go first.
    private static let most = 10_000
}
