import AccessLedger
import RegistryModel
import RetentionPlanning

extension Cleaner {
    /// What a trigger's cleanup came to.
    struct TriggerOutcome: Sendable {
        var released: Int64
        /// Why it freed less than needed; empty when it freed enough.
        var note: String
        /// Whether more may go once the clock is believed.
        var isHeldByClock = false
    }

    /// Cleans for a trigger: what enforcing policies allow, as much as is needed.
    ///
    /// Where that is not enough, what observing policies would give is stored as a plan beside it.
    func trigger(
        _ scope: CleanupScope,
        cause: Cause,
        needed: Int64
    ) async throws -> TriggerOutcome {
        try await resume()
        let locks = try locks(scope)
        defer { withExtendedLifetime(locks) {} }
        let draft = try await interruption.run {
            try await self.draft(scope, modes: [.enforce], isQuick: true)
        }
        // What would be stored now could only be left alone.
        guard !interruption.isRaised else { throw CancellationError() }
        let isEnough = scope.goal == nil || draft.reachesGoal
        var notes = draft.clockDoubt.isEmpty ? [] : [draft.clockDoubt]
        if !isEnough { notes.append(shortfall(draft, scope, needed)) }
        var released: Int64 = 0
        if !draft.items.isEmpty {
            let run =
                try await isRepeated(draft, cause)
                ? nil : carryOut(draft, scope, cause, note: notes.joined())
            // Its own note has the others already.
            if let run, run.state == .waiting { notes = [run.note] }
            if let run, run.state == .failed || run.state == .partly {
                notes.append(run.note)
            }
            released = (run?.items ?? []).reduce(0) { sum, item in
                item.state == .done ? sum + item.bytes : sum
            }
        }
        if !isEnough, !interruption.isRaised { try await observe(scope, cause) }
        return TriggerOutcome(
            released: released,
            note: notes.filter { !$0.isEmpty }.reduce(into: [String]()) { known, note in
                if !known.contains(note) { known.append(note) }
            }.joined(separator: "; "),
            isHeldByClock: !draft.clockDoubt.isEmpty
        )
    }

    /// Stores what policies in observe mode would remove, unless that was stored before.
    private func observe(_ scope: CleanupScope, _ cause: Cause) async throws {
        guard planMaker.policies.contains(where: { $0.mode == .observe }) else { return }
        let draft = try await draft(scope, modes: [.observe], isQuick: true)
        let isObserved = draft.items.contains { !$0.isEnforced }
        guard isObserved, try await !isRepeated(draft, cause) else { return }
        _ = try await carryOut(draft, scope, cause)
    }

    /// Whether the same plan of the cause waits already, or was stored where policies observe.
    private func isRepeated(_ draft: PlanMaker.Draft, _ cause: Cause) async throws -> Bool {
        let isObserved = draft.items.allSatisfy { !$0.isEnforced }
        guard isObserved || draft.brake != nil else { return false }
        return try await ledger.isHeld(
            RunRecord.fingerprint(of: draft.items),
            ofCause: cause.name,
            in: isObserved ? .planned : .waiting
        )
    }

    private func shortfall(
        _ draft: PlanMaker.Draft,
        _ scope: CleanupScope,
        _ needed: Int64
    ) -> String {
        let unit = scope.goal == "release" ? "bytes" : scope.goal ?? ""
        let found: Int64 =
            switch scope.goal {
            case "release": draft.released
            case "tags": Int64(draft.items.count { $0.tag != nil })
            default: Int64(draft.items.count { $0.tag == nil })
            }
        let reasons = draft.keptReasons
            .sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .prefix(Self.reasonsSaid)
            .map { "\($0.key.rawValue) \($0.value)" }
            .joined(separator: ", ")
        let kept = reasons.isEmpty ? "nothing else is there" : "kept: \(reasons)"
        return "needed \(needed) \(unit), found \(found) (\(kept))"
    }

    /// The most frequent reasons; a longer list is in the run.
    private static let reasonsSaid = 5
}
