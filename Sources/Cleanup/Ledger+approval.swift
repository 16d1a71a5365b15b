import AccessLedger

extension Ledger {
    /// Throws why a run can't be approved, unless it waits for that.
    func checkApproval(of run: RunRecord) async throws {
        switch run.state {
        case .waiting: return
        case .superseded:
            let newer = try await successor(of: run)
            throw CleanupError.superseded(
                run: run.name,
                by: newer?.name,
                isWaiting: newer?.state == .waiting
            )
        case .planned, .running, .done, .partly, .failed:
            throw CleanupError.notWaiting(run: run.name, state: run.state.rawValue)
        }
    }
}
