import RegistryModel
import RetentionPlanning
import Testing

/// The generated cases, each made once for all properties.
private actor CaseShelf {
    static let whole = CaseShelf()

    private var made: [UInt64: (GeneratedCase, InventorySlice)] = [:]

    func pick(_ seed: UInt64) throws -> (GeneratedCase, InventorySlice) {
        if let known = made[seed] { return known }
        let generated = try GeneratedCase(seed: seed)
        let entry = (generated, generated.world.facts())
        made[seed] = entry
        return entry
    }
}

extension GeneratedCase {
    static let seeds: ClosedRange<UInt64> = 1...200

    /// Checks every case with its facts and its seed.
    ///
    /// Yields after each: a property takes long, and other tests wait for the same few threads.
    static func each(
        _ check: (GeneratedCase, InventorySlice, UInt64) throws -> Void
    ) async throws {
        for seed in seeds {
            let (generated, facts) = try await CaseShelf.whole.pick(seed)
            try check(generated, facts, seed)
            await Task.yield()
        }
    }

    /// The plan over `pages`, with another goal where one is given.
    func plan(_ pages: [InventorySlice], goal: Goal? = nil, maximum: Int? = nil) -> Planner {
        var request = request
        request.goal = goal ?? request.goal
        request.maximum = maximum
        var planner = Planner(request: request, coverage: coverage)
        for page in pages { planner.consider(page) }
        return planner
    }
}

extension PlanItem {
    /// Whether it goes for something that it belongs to, not for itself.
    var goesAlong: Bool { [.removedWithIndex, .removedWithSubject].contains(reason) }
}

extension InventorySlice {
    /// Closed slices of `size` candidates each.
    func pages(of size: Int) -> [InventorySlice] {
        stride(from: 0, to: candidates.count, by: size).map {
            page(candidates[$0..<min($0 + size, candidates.count)])
        }
    }

    /// The same facts, with every list of them in another order.
    func shuffled(_ random: inout SplitMix64) -> InventorySlice {
        var slice = self
        slice.candidates.shuffle(using: &random)
        for id in slice.manifests.keys.sorted() {
            slice.manifests[id]?.tags.shuffle(using: &random)
            slice.manifests[id]?.parents.shuffle(using: &random)
            slice.manifests[id]?.children.shuffle(using: &random)
            slice.manifests[id]?.referrers.shuffle(using: &random)
            slice.manifests[id]?.referrerTags.shuffle(using: &random)
        }
        return slice
    }
}
