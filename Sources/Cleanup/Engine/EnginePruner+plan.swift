package import AccessLedger
import Foundation
import RegistryClients
import RegistryModel
package import RetentionPlanning

/// What removing images from an engine would come to now.
package struct EngineImagePlan: Sendable {
    package var engine: EngineRow
    package var items: [EngineItem]
    /// Reasons for keeping with their counts.
    package var kept: [String: Int]
    /// Whether a policy of the engine enforces.
    package var isEnforced: Bool
    package var measured = ""
    /// What people have to know of it, one after the other.
    package var notes: [String]
}

extension EnginePruner {
    /// Plans which images would go, and changes nothing.
    ///
    /// It is down to the low mark of `trigger`, or without one all that no policy protects; policies
    /// and triggers are those of all the settings. Uses are those that the ledger knows: what happened
    /// since somebody listened does not count, and a note says so.
    package func imagePlan(
        of target: EngineTarget,
        policies: [Policy],
        triggers: [Trigger],
        downTo trigger: Trigger? = nil
    ) async throws -> EngineImagePlan {
        let own = policies.filter { $0.engine == target.name }
        let (needed, level) = try await needed(trigger, target)
        let inventory = try await EngineInventory(of: target.client)
        let uses = try await ledger.uses(of: target.row)
        var planner = EnginePlanner(inventory, of: target.row, now: now())
        let draft = planner.leastRecentlyUsed(uses, own, needed: needed)
        var plan = EngineImagePlan(
            engine: target.row,
            items: draft.items,
            kept: draft.kept,
            isEnforced: own.contains { $0.mode == .enforce },
            measured: level?.measured ?? "",
            notes: [Self.wants(draft, of: target, own, triggers)]
        )
        if let trigger, let level, !level.isAbove {
            plan.notes.append("trigger \(trigger.name) would not fire, at \(level.measured)")
        }
        if let trigger, trigger.clean.contains(.prune), !target.prune.isEmpty {
            plan.notes.append("what its prune frees before is not counted")
        }
        if let brake = Self.brakeHit(draft.items, inventory, own) {
            plan.notes.append("it would wait for `approve`: \(brake)")
        }
        if let unheard = try await unheard(target) { plan.notes.append(unheard) }
        return plan
    }

    /// Bytes that have to come back until a trigger's low mark is reached.
    private func needed(
        _ trigger: Trigger?,
        _ target: EngineTarget
    ) async throws -> (Int64, EngineLevel?) {
        guard let trigger else { return (.max, nil) }
        let bytes = trigger.measure.asksEngine ? try await bytes(of: target) : nil
        guard let level = try EngineLevel(trigger.measure, bytes: bytes) else { return (.max, nil) }
        return (max(0, level.excess), level)
    }

    /// What a plan waits for, in one sentence.
    private static func wants(
        _ draft: EnginePlanner.Draft,
        of target: EngineTarget,
        _ policies: [Policy],
        _ triggers: [Trigger]
    ) -> String {
        guard !policies.isEmpty else {
            return "nothing is to be removed: no policy is for engine \(target.name)"
        }
        guard !draft.items.isEmpty else {
            guard !draft.kept.isEmpty else { return "nothing is to be removed: it has no image" }
            return "nothing is to be removed"
        }
        let names = Set(draft.items.filter { !$0.isEnforced }.compactMap(\.policy)).sorted()
        guard draft.items.contains(where: \.isEnforced) else {
            return "policy \(names.joined(separator: ", ")) only observes: nothing is removed "
                + "without `mode: enforce`"
        }
        let firing = triggers.filter { $0.engine == target.name && $0.clean.contains(.images) }
            .map(\.name)
        let observed =
            names.isEmpty ? "" : "; policy \(names.joined(separator: ", ")) only observes"
        guard !firing.isEmpty else {
            return
                "only planned; no trigger with `engine: \(target.name)` cleans images, so nothing "
                + "carries it out\(observed)"
        }
        return
            "only planned; trigger \(firing.joined(separator: ", ")) removes of it what it needs, "
            + "while `lastpull serve` runs\(observed)"
    }

    /// Since when nobody has listened to an engine; nil where somebody does.
    private func unheard(_ target: EngineTarget) async throws -> String? {
        guard let last = try await ledger.lastListing(of: target.row) else {
            return "nobody has listened to it yet; run `lastpull serve`"
        }
        guard now() - last > Self.longestSilence else { return nil }
        return
            "`lastpull serve` has looked at it at \(last.text) for the last time, and what was used "
            + "since then is not known here"
    }

    /// Twice the time after which `serve` looks at an engine again.
    private static let longestSilence = Span.minutes(20)
}
