import AccessLedger
import RetentionPlanning

extension Cleaner {
    /// Stores a plan with what would go from engines.
    func store(_ plan: RunRecord, _ engines: [EngineImagePlan]) async throws -> RunRecord {
        var run = plan
        for engine in engines {
            for var item in engine.items {
                item.ordinal = run.engine.count
                run.engine.append(item)
            }
            run.kept += engine.kept.values.reduce(0, +)
            run.keptReasons.merge(engine.kept, uniquingKeysWith: +)
            run.measured = Self.joined([run.measured, engine.measured])
            if engine.items.contains(where: \.isEnforced)
                || engine.items.isEmpty && engine.isEnforced
            {
                run.mode = Policy.Mode.enforce.rawValue
            }
            run.note = Self.joined([
                run.note, "engine \(engine.engine.name): \(Self.joined(engine.notes))",
            ])
        }
        try await ledger.create(run)
        return run
    }
}
