import RegistryModel
import RetentionPlanning
import Testing

/// What holds for every plan, over generated inventories.
struct PlannerPropertyTests {
    static let seeds: ClosedRange<UInt64> = 1...500

    private func cases(_ check: (GeneratedCase, InventorySlice, UInt64) throws -> Void) throws {
        for seed in Self.seeds {
            let generated = try GeneratedCase(seed: seed)
            try check(generated, generated.world.facts(), seed)
        }
    }

    private func plan(_ generated: GeneratedCase, _ pages: [InventorySlice]) -> Planner {
        var planner = Planner(request: generated.request, coverage: generated.coverage)
        for page in pages { planner.consider(page) }
        return planner
    }

    // Else all the others could hold for doing nothing.
    @Test func removesForEachReasonSomewhere() throws {
        var seen: Set<Reason> = []
        try cases { generated, facts, _ in
            let planner = plan(generated, [facts])
            seen.formUnion(planner.items.map(\.reason))
            seen.formUnion(planner.keptReasons.keys)
        }
        let limits: Set<Reason> = [.overMaximum, .notNeeded]
        #expect(seen.union(limits.union([.taggedManifest])) == Set(Reason.allCases))
    }

    @Test func removesNoTagThatARuleProtects() throws {
        try cases { generated, facts, seed in
            let planner = plan(generated, [facts])
            for id in planner.removedTags {
                let tag = try #require(facts.tags[id])
                let why = generated.protection(of: tag, in: facts, besides: planner)
                #expect(why == nil, "seed \(seed) tag \(tag.name)")
            }
        }
    }

    @Test func removesNoManifestThatIsHeldOrUncertain() throws {
        try cases { generated, facts, seed in
            let planner = plan(generated, [facts])
            let candidates = Set(planner.items.filter { $0.reason == .untagged }.map(\.manifestID))
            for id in planner.removedManifests {
                let manifest = try #require(facts.manifests[id])
                let why = generated.protection(
                    of: manifest,
                    in: facts,
                    besides: planner,
                    isSwept: candidates.contains(id)
                )
                #expect(why == nil, "seed \(seed) manifest \(id)")
            }
        }
    }

    @Test func countsTheBytesThatNothingRefersToAnyMore() throws {
        try cases { generated, facts, seed in
            let planner = plan(generated, [facts])
            let sizes = { (world: World) in
                Dictionary(
                    world.manifests.values.flatMap(\.blobs).map { ($0.id, $0.size) },
                    uniquingKeysWith: { first, _ in first }
                )
            }
            let left = sizes(generated.world.removing(planner.items))
            let gone = sizes(generated.world).filter { left[$0.key] == nil }
            #expect(planner.released == gone.values.reduce(0, +), "seed \(seed)")
            #expect(planner.released == planner.items.map(\.bytes).reduce(0, +), "seed \(seed)")
        }
    }

    @Test func plansTheSameForShuffledFacts() throws {
        try cases { generated, facts, seed in
            var random = SplitMix64(state: seed)
            let goals: [Goal] = [.everything, .release(bytes: 9_000), .tags(count: 4)]
            for goal in goals {
                var generated = generated
                generated.request.goal = goal
                let whole = plan(generated, [facts])
                let shuffled = plan(generated, [facts.shuffled(&random)])
                #expect(whole.items == shuffled.items, "seed \(seed)")
                #expect(whole.keptReasons == shuffled.keptReasons, "seed \(seed)")
            }
        }
    }

    @Test func plansTheSameForPagesOfAnySize() throws {
        try cases { generated, facts, seed in
            let whole = plan(generated, [facts])
            for size in [1, 3, 7] {
                let pages = facts.pages(of: size)
                let paged = plan(generated, pages)
                #expect(paged.items == whole.items, "seed \(seed)")
                #expect(paged.keptReasons == whole.keptReasons, "seed \(seed)")
            }
        }
    }

    // Which of two tags keeps a manifest in an unreadable repository is the order's matter.
    @Test func removesTheSameForShuffledPages() throws {
        try cases { generated, facts, seed in
            guard facts.repositories.values.allSatisfy({ $0.unreadable == 0 }) else { return }
            var random = SplitMix64(state: seed)
            let whole = plan(generated, [facts])
            let paged = plan(generated, facts.pages(of: 2).shuffled(using: &random))
            #expect(paged.removedTags == whole.removedTags, "seed \(seed)")
            #expect(paged.removedManifests == whole.removedManifests, "seed \(seed)")
            #expect(paged.released == whole.released, "seed \(seed)")
            #expect(paged.keptReasons == whole.keptReasons, "seed \(seed)")
        }
    }

    @Test func removesNoMoreThanTheGoalNeeds() throws {
        var stopped = 0
        try cases { generated, facts, seed in
            for goal: Goal in [.release(bytes: 9_000), .tags(count: 3), .untagged(count: 2)] {
                var generated = generated
                generated.request.goal = goal
                let planner = plan(generated, facts.pages(of: 5))
                let along: Set<Reason> = [.removedWithIndex, .removedWithSubject]
                let last = planner.items.lastIndex { !along.contains($0.reason) }
                guard let last else { continue }
                let before = planner.items[..<last]
                #expect(!goal.isReached(by: before, in: facts), "seed \(seed)")
                #expect(goal.isReached(by: planner.items[...], in: facts) == planner.isSatisfied)
                stopped += planner.isSatisfied ? 1 : 0
            }
        }
        #expect(stopped > 100)
    }

    @Test func findsNothingMoreAfterItsRemovals() throws {
        try cases { generated, facts, seed in
            let first = plan(generated, [facts])
            let after = generated.world.removing(first.items).facts()
            let second = plan(generated, [after])
            #expect(second.items.isEmpty, "seed \(seed)")
        }
    }
}

extension Goal {
    fileprivate func isReached(by items: ArraySlice<PlanItem>, in facts: InventorySlice) -> Bool {
        switch self {
        case .everything: false
        case .release(let bytes): items.map(\.bytes).reduce(0, +) >= bytes
        case .tags(let count): items.count { $0.kind == .tag } >= count
        case .untagged(let count):
            items.count { item in
                let manifest = item.manifestID.flatMap { facts.manifests[$0] }
                return item.kind == .manifest && manifest?.tags.isEmpty == true
            } >= count
        }
    }
}

extension InventorySlice {
    fileprivate func pages(of size: Int) -> [InventorySlice] {
        stride(from: 0, to: candidates.count, by: size).map {
            page(candidates[$0..<min($0 + size, candidates.count)])
        }
    }

    fileprivate func shuffled(_ random: inout SplitMix64) -> InventorySlice {
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
