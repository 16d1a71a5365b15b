import AccessLedger
import RegistryClients
import RegistryModel

// What a registry lets us delete may differ from one repository to the next.
extension RunExecutor {
    /// Works through one registry's open items; says why where deletes are refused.
    func execute(
        _ items: [Int],
        of run: RunRecord,
        on target: CleanupTarget
    ) async throws -> [String] {
        var names: [RepositoryName] = []
        var known: Set<RepositoryName> = []
        for item in items where known.insert(run.items[item].repository).inserted {
            names.append(run.items[item].repository)
        }
        let powers = try await DeletePowers(target: target, interruption: interruption)
            .answers(in: names)
        var ways: [Way] = []
        var parts: [Way: [Int]] = [:]
        for item in items {
            let way = Self.way(powers[run.items[item].repository], target)
            if parts[way] == nil { ways.append(way) }
            parts[way, default: []].append(item)
        }
        let isEverywhere = !ways.contains { $0.isOverTheAPI }
        var refusals: [String] = []
        for way in ways {
            let part = parts[way] ?? []
            refusals += try await take(way, part, of: run, on: target, isEverywhere: isEverywhere)
        }
        let rest = refusals.count - Self.mostRefusalsSaid
        guard rest > 0 else { return refusals }
        return refusals.prefix(Self.mostRefusalsSaid)
            + ["\(rest) more refusals are told with the items"]
    }

    /// How the items of a repository are removed, or why they are not.
    private enum Way: Hashable {
        case overTheAPI(DeletePower)
        /// A pull-through cache refuses every delete: its disk is the only way.
        case fromTheDisk
        case switchedOff
        case refused(String)
        /// An interruption came before it was found out.
        case left

        var isOverTheAPI: Bool {
            if case .overTheAPI = self { return true }
            return false
        }
    }

    private static func way(_ answer: DeletePowers.Answer?, _ target: CleanupTarget) -> Way {
        switch answer {
        case nil: .left
        case .power(let power) where power.permits: .overTheAPI(power)
        case .power where target.storage != nil: .fromTheDisk
        case .power(.forbidden(let reason)), .failed(let reason): .refused(reason)
        case .power: .switchedOff
        }
    }

    /// - Returns: the reasons where deletes are refused.
    private func take(
        _ way: Way,
        _ items: [Int],
        of run: RunRecord,
        on target: CleanupTarget,
        isEverywhere: Bool
    ) async throws -> [String] {
        switch way {
        case .left:
            try await leave(items, of: run)
            return []
        case .refused(let reason): return try await refuse(items, of: run, because: reason)
        case .switchedOff:
            let names = Set(items.lazy.map { run.items[$0].repository }).sorted()
            return try await refuse(
                items,
                of: run,
                because: DeletePowers.switchedOff(
                    in: names,
                    of: target,
                    isEverywhere: isEverywhere
                )
            )
        case .fromTheDisk:
            var target = target
            target.client = target.reader
            return try await carryOut(items, of: run, on: target, .byTag)
        case .overTheAPI(let power):
            return try await carryOut(items, of: run, on: target, power)
        }
    }

    private func carryOut(
        _ items: [Int],
        of run: RunRecord,
        on target: CleanupTarget,
        _ power: DeletePower
    ) async throws -> [String] {
        guard !interruption.isRaised else {
            try await leave(items, of: run)
            return []
        }
        let remover = remover(run, items.count, target, power)
        return try await RemovalRounds(remover: remover, width: target.traits.width)
            .carryOut(RemovalGroup.groups(of: items, in: run, power))
    }

    private func refuse(
        _ items: [Int],
        of run: RunRecord,
        because reason: String
    ) async throws -> [String] {
        for index in items {
            let item = run.items[index]
            // What a kill left half done stays so until it is finished.
            try await ledger.set(
                .failed,
                of: item,
                in: run.name,
                detail: reason,
                step: item.step,
                at: now()
            )
        }
        return [reason]
    }

    /// A run's note is one line; each item says its own.
    private static let mostRefusalsSaid = 5
}
