import RegistryModel
import RetentionPlanning
import Testing

/// What is left out of a walk because nothing could come of it.
struct ProspectsTests {
    // The plan without what is left out is the plan, whatever it is asked for.
    @Test func leavingOutChangesNoRemoval() async throws {
        var leftOut: [Reason: Int] = [:]
        let goals: [Goal] = [
            .everything, .release(bytes: 9_000), .tags(count: 4), .untagged(count: 2),
        ]
        try await GeneratedCase.each { generated, facts, seed in
            var part = facts
            var prospects = Prospects(request: generated.request, coverage: generated.coverage)
            part.candidates.removeAll { candidate in
                let place = facts.place(of: candidate)
                guard let place, let reason = prospects.obstacle(to: place.1, in: place.0)
                else { return false }
                leftOut[reason, default: 0] += 1
                return true
            }
            for goal in goals {
                let whole = generated.plan(facts.pages(of: 5), goal: goal)
                let quick = generated.plan(part.pages(of: 5), goal: goal)
                #expect(quick.items == whole.items, "seed \(seed)")
                #expect(quick.released == whole.released, "seed \(seed)")
                #expect(quick.isSatisfied == whole.isSatisfied, "seed \(seed)")
                #expect(quick.brake() == whole.brake(), "seed \(seed)")
            }
        }
        // Else it would hold for leaving nothing out.
        let reasons: [Reason] = [
            .noPolicy, .noKeepRule, .historyIncomplete, .repositoryUnlisted,
        ]
        for reason in reasons {
            #expect(leftOut[reason, default: 0] > 100, "\(reason)")
        }
    }

    // The other way: where nothing is in the way, something could go.
    @Test func aRegistryThatWasHeardIsNotLeftOut() throws {
        let facts = try Self.repository()
        let policy = Policy(name: "p", keep: .init(accessed: .init(atLeast: 1, within: .days(7))))
        let request = PlanRequest(policies: [policy], now: World.now)
        let spans = [CoveredSpan(from: World.ago(.days(8)), to: World.now)]
        var heard = Prospects(request: request, coverage: ["local": Coverage(spans: spans)])
        #expect(heard.obstacle(to: .tags, in: facts) == nil)
        #expect(heard.obstacle(to: .untagged, in: facts) == nil)
        var unheard = Prospects(request: request, coverage: [:])
        #expect(unheard.obstacle(to: .tags, in: facts) == .historyIncomplete)
        #expect(unheard.obstacle(to: .untagged, in: facts) == .historyIncomplete)
    }

    // A policy that asks for no accesses lets tags go unheard, but no untagged manifests: those may
    // be pinned by digest, unless that is waived.
    @Test func onlyWhatAsksForAccessesWaitsForCoverage() throws {
        let facts = try Self.repository()
        let policy = Policy(name: "p", keep: .init(newest: 3))
        var request = PlanRequest(policies: [policy], now: World.now)
        var prospects = Prospects(request: request, coverage: [:])
        #expect(prospects.obstacle(to: .tags, in: facts) == nil)
        #expect(prospects.obstacle(to: .untagged, in: facts) == .historyIncomplete)
        request.waivesEvidence = true
        prospects = Prospects(request: request, coverage: [:])
        #expect(prospects.obstacle(to: .untagged, in: facts) == nil)
    }

    private static func repository() throws -> RepositoryFacts {
        RepositoryFacts(id: 1, registry: "local", name: try #require(RepositoryName("team/api")))
    }
}

extension InventorySlice {
    fileprivate func place(of candidate: Candidate) -> (RepositoryFacts, Trigger.Target)? {
        switch candidate {
        case .tag(let id): tags[id].flatMap { repositories[$0.repository] }.map { ($0, .tags) }
        case .untagged(_, let place): repositories[place].map { ($0, .untagged) }
        }
    }
}
