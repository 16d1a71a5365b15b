package import AccessLedger
import RegistryModel
import RetentionPlanning

extension Cleaner {
    /// Plans what would go from registries, and stores it with what would go from engines as one plan.
    ///
    /// Where the scope is an engine, or there is no registry, no registry is asked.
    package func plan(
        _ scope: CleanupScope,
        and engines: [EngineImagePlan],
        cause: Cause
    ) async throws -> RunRecord {
        guard !engines.isEmpty else { return try await plan(scope, cause: cause) }
        guard scope.engine == nil, !targets.isEmpty else {
            return try await store(
                RunRecord(
                    name: RunName(at: now()),
                    cause: cause.name,
                    measured: cause.measured,
                    scope: scope.text,
                    mode: Policy.Mode.observe.rawValue,
                    state: .planned,
                    createdAt: now()
                ),
                with: engines
            )
        }
        let draft = try await draft(scope, modes: [.enforce, .observe])
        var run = try record(draft, scope, cause, state: .planned)
        run.note = Self.joined([Self.wants(draft, cause), run.note])
        return try await store(run, with: engines)
    }

    private func store(
        _ plan: RunRecord,
        with engines: [EngineImagePlan]
    ) async throws -> RunRecord {
        var run = plan
        run.endedAt = now()
        for engine in engines {
            for var item in engine.items {
                item.ordinal = run.engine.count
                run.engine.append(item)
            }
            run.kept += engine.kept.values.reduce(0, +)
            run.keptReasons.merge(engine.kept, uniquingKeysWith: +)
            run.measured = Self.joined([run.measured, engine.measured])
            let isAnyEnforced = engine.items.contains(where: \.isEnforced)
            if isAnyEnforced || engine.items.isEmpty && engine.isEnforced {
                run.mode = Policy.Mode.enforce.rawValue
            }
            let notes = Self.joined(engine.notes)
            run.note = Self.joined([run.note, "engine \(engine.engine.name): \(notes)"])
        }
        try await ledger.create(run)
        return run
    }
}
