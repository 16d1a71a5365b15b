import AccessLedger
import RegistryClients
import RegistryModel
import RetentionPlanning

/// Carries out removals, several at once where the registry likes that, and comes back to those that
/// wait for others and to those of which nobody knows how they ended.
struct RemovalRounds {
    let remover: ItemRemover
    /// How many are under way at once.
    let width: Int

    /// - Returns: why the registry refuses us, altogether or in some repositories; the rest of what is
    ///   there is then left.
    func carryOut(_ groups: [RemovalGroup]) async throws -> [String] {
        var refusals = Refusals()
        var open = groups
        var later: [RemovalGroup] = []
        if width > 1 {
            // What goes along with something waits for that anyway.
            open = groups.filter { !goesAlong($0) }
            later = groups.filter { goesAlong($0) }
        }
        var round = 1
        var isLast = false
        while true {
            let left = try await oneRound(
                open,
                ItemRemover.Round(number: round, isLast: isLast),
                &refusals
            )
            if let refusal = refusals.ofAll {
                try await remover.refuse(left + later, because: refusal)
                return [refusal]
            }
            if remover.executor.interruption.isRaised {
                try await remover.leave(left + later)
                return refusals.said
            }
            let isStuck = later.isEmpty && left.count == open.count
            open = try await refuse(left + later, refusals)
            later = []
            guard !open.isEmpty, !isLast else { return refusals.said }
            round += 1
            isLast = isStuck || round == Self.mostRounds
        }
    }

    /// Ends the groups of repositories that are closed to us; the others are returned.
    private func refuse(
        _ groups: [RemovalGroup],
        _ refusals: Refusals
    ) async throws -> [RemovalGroup] {
        var open: [RemovalGroup] = []
        for group in groups {
            if let reason = refusals.closed[repository(of: group)] {
                try await remover.refuse([group], because: reason)
            } else {
                open.append(group)
            }
        }
        return open
    }

    private func repository(of group: RemovalGroup) -> RepositoryName {
        remover.run.items[group.first].repository
    }

    /// - Returns: What is to be looked at again, in its order.
    private func oneRound(
        _ groups: [RemovalGroup],
        _ round: ItemRemover.Round,
        _ refusals: inout Refusals
    ) async throws -> [RemovalGroup] {
        let remover = remover
        let interruption = remover.executor.interruption
        var found = refusals
        defer { refusals = found }
        return try await withThrowingTaskGroup(of: (Int, ItemRemover.Ending).self) { tasks in
            var left: [Int] = []
            var begun: Set<Int> = []
            var next = 0
            // The next one that is not closed to us; what is comes to its end with the round.
            func nextPlace() -> Int? {
                while next < groups.count, found.ofAll == nil, !interruption.isRaised {
                    defer { next += 1 }
                    guard found.closed[repository(of: groups[next])] != nil else { return next }
                    left.append(next)
                }
                return nil
            }
            for _ in 0..<width {
                guard let number = nextPlace() else { break }
                let group = groups[number]
                tasks.addTask { (number, try await remover.remove(group, in: round)) }
            }
            while let (index, ending) = try await tasks.next() {
                let name = repository(of: groups[index])
                switch ending {
                case .settled: found.admitted(to: name)
                case .open: left.append(index)
                case .unsure:
                    left.append(index)
                    begun.insert(index)
                case .refused(let reason):
                    if found.refused(by: name, reason), await !isLetIn() { found.ofAll = reason }
                }
                guard let number = nextPlace() else { continue }
                let group = groups[number]
                tasks.addTask { (number, try await remover.remove(group, in: round)) }
            }
            // What a refusal or an interruption came before.
            left += next..<groups.count
            return left.sorted().map { index in
                var group = groups[index]
                group.isBegun = group.isBegun || begun.contains(index)
                return group
            }
        }
    }

    /// Whether the registry takes our credentials at all.
    private func isLetIn() async -> Bool {
        do {
            try await remover.target.client.ping()
            return true
        } catch {
            return error.kind != .unauthorized
        }
    }

    private func goesAlong(_ group: RemovalGroup) -> Bool {
        let reasons = [Reason.removedWithIndex.rawValue, Reason.removedWithSubject.rawValue]
        return group.items(of: remover.run).allSatisfy { reasons.contains($0.reason) }
    }

    /// Indexes in indexes and referrers of referrers are some deep; what is open then stays.
    private static let mostRounds = 6
}

/// Where a registry does not let us in.
struct Refusals {
    /// Repositories that are closed to us, and why.
    private(set) var closed: [RepositoryName: String] = [:]
    /// Why we are not let in anywhere.
    var ofAll: String?
    private var inARow: [RepositoryName: Int] = [:]
    /// Repositories that were closed since anything was settled.
    private var closedInARow = 0

    /// Why, once for each repository that was closed.
    var said: [String] { closed.sorted { $0.key < $1.key }.map(\.value) }

    mutating func admitted(to repository: RepositoryName) {
        inARow[repository] = nil
        closedInARow = 0
    }

    /// Takes note of a refusal; true when that closes the repository, so that one has to ask whether
    /// we are let in elsewhere.
    mutating func refused(by repository: RepositoryName, _ reason: String) -> Bool {
        inARow[repository, default: 0] += 1
        guard inARow[repository, default: 0] >= Self.most, closed[repository] == nil else {
            return false
        }
        closed[repository] = reason
        closedInARow += 1
        if closedInARow >= Self.most { ofAll = reason }
        return ofAll == nil
    }

    /// One image may be out of bounds for us; so many in a row mean that the repository is, and so many
    /// repositories that all are.
    private static let most = 5
}
