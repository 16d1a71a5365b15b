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

    /// - Returns: the reason when the registry refuses us altogether; the rest is then left.
    func carryOut(_ groups: [RemovalGroup]) async throws -> String? {
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
            let result = try await oneRound(open, ItemRemover.Round(number: round, isLast: isLast))
            if let refusal = result.refusal {
                try await remover.refuse(result.left + later, because: refusal)
                return refusal
            }
            if remover.executor.interruption.isRaised {
                try await remover.leave(result.left + later)
                return nil
            }
            let isStuck = later.isEmpty && result.left.count == open.count
            open = result.left + later
            later = []
            guard !open.isEmpty, !isLast else { return nil }
            round += 1
            isLast = isStuck || round == Self.mostRounds
        }
    }

    private struct RoundResult {
        /// To be looked at again, in their order.
        var left: [RemovalGroup] = []
        var refusal: String?
    }

    private func oneRound(
        _ groups: [RemovalGroup],
        _ round: ItemRemover.Round
    ) async throws -> RoundResult {
        let remover = remover
        let interruption = remover.executor.interruption
        return try await withThrowingTaskGroup(of: (Int, ItemRemover.Ending).self) { tasks in
            var result = RoundResult()
            var left: [Int] = []
            var begun: Set<Int> = []
            var next = 0
            var refusals = 0
            while next < groups.count, next < width, !interruption.isRaised {
                let (number, group) = (next, groups[next])
                tasks.addTask { (number, try await remover.remove(group, in: round)) }
                next += 1
            }
            while let (index, ending) = try await tasks.next() {
                switch ending {
                case .settled: refusals = 0
                case .open: left.append(index)
                case .unsure:
                    left.append(index)
                    begun.insert(index)
                case .refused(let reason):
                    refusals += 1
                    if refusals >= Self.mostRefusals { result.refusal = reason }
                }
                guard next < groups.count, result.refusal == nil, !interruption.isRaised else {
                    continue
                }
                let (number, group) = (next, groups[next])
                tasks.addTask { (number, try await remover.remove(group, in: round)) }
                next += 1
            }
            // What a refusal or an interruption came before.
            left += next..<groups.count
            result.left = left.sorted().map { index in
                var group = groups[index]
                group.isBegun = group.isBegun || begun.contains(index)
                return group
            }
            return result
        }
    }

    private func goesAlong(_ group: RemovalGroup) -> Bool {
        let reasons = [Reason.removedWithIndex.rawValue, Reason.removedWithSubject.rawValue]
        return group.items(of: remover.run).allSatisfy { reasons.contains($0.reason) }
    }

    /// One image may be out of bounds for us; so many in a row mean that we are not let in.
    private static let mostRefusals = 5

    /// Indexes in indexes and referrers of referrers are some deep; what is open then stays.
    private static let mostRounds = 6
}
