import RegistryModel
import RetentionPlanning
import Testing

/// What holds for every plan with a goal of bytes, over generated inventories.
struct ByteGoalPropertyTests {
    private static let allBytes = Goal.release(bytes: .max)

    @Test func removesNoTagWithoutItsManifestAndAllItsTags() async throws {
        var together = 0
        try await GeneratedCase.each { generated, facts, seed in
            let pages = facts.pages(of: 4)
            for goal: Goal in [.release(bytes: 20_000), Self.allBytes] {
                let planner = generated.plan(pages, goal: goal)
                let manifests = planner.removedManifests
                for item in planner.items where item.kind == .tag {
                    let id = try #require(item.manifestID)
                    #expect(manifests.contains(id), "seed \(seed)")
                    let tags = try #require(facts.manifests[id]).tags
                    #expect(planner.removedTags.isSuperset(of: tags), "seed \(seed)")
                    together += tags.count > 1 ? 1 : 0
                }
            }
        }
        #expect(together > 100)
    }

    // A second way to know what helps: whatever goes with a manifest in a plan without a goal.
    @Test func removesAllThatACleanupRemovesButTagsOfManifestsThatStay() async throws {
        var left = 0
        try await GeneratedCase.each { generated, facts, seed in
            // A regret of untagged manifests keeps one that would go along with its index, and not
            // one that goes with its own tag: which of the two goes first decides then.
            guard !generated.request.regrets.contains(where: { $0.kind == .manifest }) else {
                return
            }
            let whole = generated.plan([facts], goal: .everything)
            let planner = generated.plan([facts], goal: Self.allBytes)
            let manifests = whole.removedManifests
            let tags = whole.removedTags.filter { id in
                facts.tags[id]?.manifest.map { manifests.contains($0) } ?? false
            }
            #expect(planner.removedManifests == manifests, "seed \(seed)")
            #expect(planner.removedTags == tags, "seed \(seed)")
            #expect(planner.released == whole.released, "seed \(seed)")
            let others = whole.removedTags.subtracting(tags)
            // Where tags were not asked for, one that goes along is no candidate that may stay.
            let stay = generated.request.targets.contains(.tags) ? others.count : 0
            #expect(planner.kept == whole.kept + stay, "seed \(seed)")
            #expect(planner.keptReasons.values.reduce(0, +) == planner.kept, "seed \(seed)")
            left += others.count
        }
        #expect(left > 100)
    }

    @Test func removesNoMoreThanTheMaximumNorLessThanItLets() async throws {
        var limited = 0
        try await GeneratedCase.each { generated, facts, seed in
            let pages = facts.pages(of: 3)
            let free = generated.plan(pages, goal: Self.allBytes)
            for maximum in 1...3 {
                let planner = generated.plan(pages, goal: Self.allBytes, maximum: maximum)
                let chosen = planner.items.count { !$0.goesAlong }
                #expect(chosen <= maximum, "seed \(seed)")
                #expect(planner.isFull == (chosen == maximum), "seed \(seed)")
                let held = planner.items.filter { $0.kind == .tag }.compactMap(\.manifestID)
                #expect(planner.removedManifests.isSuperset(of: held), "seed \(seed)")
                if planner.keptReasons[.overMaximum] == nil {
                    #expect(planner.items == free.items, "seed \(seed)")
                } else {
                    limited += 1
                }
            }
        }
        #expect(limited > 100)
    }
}
