import RegistryModel
import RetentionPlanning
import Testing

/// What holds for every plan, over generated inventories.
struct PlannerPropertyTests {
    private static let allBytes = Goal.release(bytes: .max)
    private static let goals: [Goal] = [
        .everything, .release(bytes: 9_000), allBytes, .tags(count: 4),
    ]

    // Else all the others could hold for doing nothing.
    @Test func removesForEachReasonSomewhere() async throws {
        var seen: Set<Reason> = []
        try await GeneratedCase.each { generated, facts, _ in
            let planner = generated.plan([facts])
            seen.formUnion(planner.items.map(\.reason))
            seen.formUnion(planner.keptReasons.keys)
        }
        // What a request says, and not an inventory.
        let limits: Set<Reason> = [.overMaximum, .notNeeded, .clockInDoubt]
        #expect(seen.union(limits.union([.taggedManifest])) == Set(Reason.allCases))
    }

    @Test func removesNoTagThatARuleProtects() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            let planner = generated.plan([facts])
            for id in planner.removedTags {
                let tag = try #require(facts.tags[id])
                let why = generated.protection(of: tag, in: facts, besides: planner)
                #expect(why == nil, "seed \(seed) tag \(tag.name)")
            }
        }
    }

    @Test func removesNoManifestThatIsHeldOrUncertain() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            let planner = generated.plan([facts])
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

    @Test func countsTheBytesThatNothingRefersToAnyMore() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            let sizes = { (world: World) in
                Dictionary(
                    world.manifests.values.flatMap(\.blobs).map { ($0.id, $0.size) },
                    uniquingKeysWith: { first, _ in first }
                )
            }
            for goal in [.everything, Self.allBytes] {
                let planner = generated.plan([facts], goal: goal)
                let left = sizes(generated.world.removing(planner.items))
                let gone = sizes(generated.world).filter { left[$0.key] == nil }
                #expect(planner.released == gone.values.reduce(0, +), "seed \(seed)")
                #expect(planner.released == planner.items.map(\.bytes).reduce(0, +), "seed \(seed)")
            }
        }
    }

    @Test func plansTheSameForShuffledFacts() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            var random = SplitMix64(state: seed)
            for goal in Self.goals {
                let whole = generated.plan([facts], goal: goal)
                let shuffled = generated.plan([facts.shuffled(&random)], goal: goal)
                #expect(whole.items == shuffled.items, "seed \(seed)")
                #expect(whole.keptReasons == shuffled.keptReasons, "seed \(seed)")
            }
        }
    }

    @Test func plansTheSameForPagesOfAnySize() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            let cuts = [1, 3, 7].map { facts.pages(of: $0) }
            for goal in [.everything, Self.allBytes] {
                let whole = generated.plan([facts], goal: goal)
                for pages in cuts {
                    let paged = generated.plan(pages, goal: goal)
                    #expect(paged.items == whole.items, "seed \(seed)")
                    #expect(paged.keptReasons == whole.keptReasons, "seed \(seed)")
                }
            }
        }
    }

    // Which of two tags keeps a manifest in an unreadable repository is the order's matter, but not
    // for a goal of bytes, which keeps both.
    @Test func removesTheSameForShuffledPages() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            let isReadable = facts.repositories.values.allSatisfy { $0.unreadable == 0 }
            var random = SplitMix64(state: seed)
            let pages = facts.pages(of: 2).shuffled(using: &random)
            for goal in [.everything, Self.allBytes] where isReadable || goal == Self.allBytes {
                let whole = generated.plan([facts], goal: goal)
                let paged = generated.plan(pages, goal: goal)
                #expect(paged.removedTags == whole.removedTags, "seed \(seed)")
                #expect(paged.removedManifests == whole.removedManifests, "seed \(seed)")
                #expect(paged.released == whole.released, "seed \(seed)")
                #expect(paged.keptReasons == whole.keptReasons, "seed \(seed)")
            }
        }
    }

    @Test func removesNoMoreThanTheGoalNeeds() async throws {
        var stopped = 0
        try await GeneratedCase.each { generated, facts, seed in
            let pages = facts.pages(of: 5)
            for goal: Goal in [.release(bytes: 9_000), .tags(count: 3), .untagged(count: 2)] {
                let planner = generated.plan(pages, goal: goal)
                let last = planner.items.lastIndex { !$0.goesAlong }
                guard let last else { continue }
                let before = planner.items[..<last]
                #expect(!goal.isReached(by: before, in: facts), "seed \(seed)")
                #expect(goal.isReached(by: planner.items, in: facts) == planner.isSatisfied)
                stopped += planner.isSatisfied ? 1 : 0
            }
        }
        #expect(stopped > 100)
    }

    @Test func findsNothingMoreAfterItsRemovals() async throws {
        try await GeneratedCase.each { generated, facts, seed in
            for goal in [.everything, Self.allBytes] {
                let first = generated.plan([facts], goal: goal)
                let after = generated.world.removing(first.items).facts()
                let second = generated.plan([after], goal: goal)
                #expect(second.items.isEmpty, "seed \(seed)")
            }
        }
    }
}

extension Goal {
    fileprivate func isReached(
        by items: some Collection<PlanItem>,
        in facts: InventorySlice
    ) -> Bool {
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
