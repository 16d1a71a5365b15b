import RegistryModel
import RetentionPlanning

/// Coverage of all registries of a world, heard whole for 60 days.
func heardWhole(_ registries: String...) -> [String: Coverage] {
    let names = registries.isEmpty ? ["local"] : registries
    let span = CoveredSpan(from: World.ago(.days(60)), to: World.now)
    return Dictionary(uniqueKeysWithValues: names.map { ($0, Coverage(spans: [span])) })
}

/// A policy that asks for one access in 7 days.
func accessPolicy(change: (inout Policy) -> Void = { _ in }) -> Policy {
    var policy = Policy(name: "cache", keep: .init(accessed: .init(atLeast: 1, within: .days(7))))
    change(&policy)
    return policy
}

func request(
    _ policies: Policy...,
    change: (inout PlanRequest) -> Void = { _ in }
) -> PlanRequest {
    var request = PlanRequest(policies: policies, now: World.now)
    change(&request)
    return request
}

/// The plan over the whole of `world`.
func plan(
    _ world: World,
    _ request: PlanRequest,
    coverage: [String: Coverage] = heardWhole()
) -> Planner {
    var planner = Planner(request: request, coverage: coverage)
    planner.consider(world.facts())
    return planner
}

extension Planner {
    /// Removals as `tag`, `tag+manifest` or `manifest`, by the ledger's rows.
    var removedTags: Set<Int64> { Set(items.compactMap(\.tagID)) }

    var removedManifests: Set<Int64> {
        Set(
            items.filter { $0.kind == .manifest || $0.removesManifest }.compactMap(\.manifestID)
        )
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed everywhere.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True with a chance of `percent`.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
