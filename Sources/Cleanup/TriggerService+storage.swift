import AccessLedger
import Logging
import RegistryModel
import RegistryStorage
import RetentionPlanning

// What a trigger does about the registry's own disk.
extension TriggerService {
    /// Cleans for a firing: first what nothing needs on the disk, then tags and manifests as far as
    /// that was not enough, then what these have released.
    func carryOut(
        _ firing: Firing,
        _ scope: inout CleanupScope,
        _ cause: Cleaner.Cause,
        _ target: CleanupTarget
    ) async throws -> Cleaner.TriggerOutcome {
        let sweeps = firing.trigger.clean.contains(.storage) && target.givesBack
        guard sweeps else {
            return try await cleaner.trigger(scope, cause: cause, needed: firing.needed)
        }
        var needed = firing.needed
        var swept: [Cleaner.TriggerOutcome] = []
        if firing.isVolume {
            swept.append(try await sweep(firing, cause, target))
            if needed > 0 { needed = max(0, await excess(firing, target)) }
            scope.set(.release(bytes: needed))
        }
        var outcome = Cleaner.TriggerOutcome(released: 0, note: "")
        if needed > 0 || firing.goal == .everything {
            let isStorageOnly = firing.trigger.clean == [.storage]
            if !isStorageOnly {
                outcome = try await cleaner.trigger(scope, cause: cause, needed: needed)
            }
            if !isStorageOnly || !firing.isVolume {
                swept.append(try await sweep(firing, cause, target))
            }
        }
        try await relieve(firing, cause, target)
        outcome.isHeldByClock = outcome.isHeldByClock || swept.contains(where: \.isHeldByClock)
        let notes = swept.map(\.note) + [outcome.note]
        outcome.note = notes.filter { !$0.isEmpty }.reduce(into: [String]()) { known, note in
            if !known.contains(note) { known.append(note) }
        }.joined(separator: "; ")
        return outcome
    }

    /// Sweeps the disk; says why it did not, where it did not.
    private func sweep(
        _ firing: Firing,
        _ cause: Cleaner.Cause,
        _ target: CleanupTarget
    ) async throws -> Cleaner.TriggerOutcome {
        guard !cleaner.interruption.isRaised else { throw CancellationError() }
        // A collector must not run beside a push either, which is told by its age.
        if let doubt = try await sweeper.clock.doubt(at: now()) {
            return .init(released: 0, note: "\(doubt)", isHeldByClock: true)
        }
        if target.garbageCollect != nil {
            let run = try await collector.collect(target, cause: cause)
            return .init(released: 0, note: run.state == .failed ? run.note : "")
        }
        var scope = CleanupScope()
        scope.registry = target.row.name
        scope.targets = ["storage"]
        var request = StorageRequest(
            cause: cause,
            scope: scope,
            kinds: .everything.subtracting(.revisions)
        )
        request.brake = brake(target)
        request.isSilentWhenEmpty = true
        let run = try await sweeper.sweep(request, of: target)
        let isShort = run.state == .waiting || run.state == .failed
        return .init(released: 0, note: isShort ? run.note : "")
    }

    private func brake(_ target: CleanupTarget) -> Double {
        cleaner.planMaker.policies
            .filter { $0.concerns(registry: target.row.name) }
            .compactMap(\.brake.bytes).max() ?? StorageRequest.standardBrake
    }

    /// Bytes above the low mark, less what is already released.
    func excess(_ firing: Firing, _ target: CleanupTarget) async -> Int64 {
        guard case .volume(let path, _, let until, _) = firing.trigger.measure,
            let gauge = try? VolumeGauge(path: path)
        else { return firing.needed }
        return gauge.excess(over: until, released: await released(of: target).bytes)
    }

    /// Under critical pressure what is in quarantine goes at once, the oldest first.
    private func relieve(
        _ firing: Firing,
        _ cause: Cleaner.Cause,
        _ target: CleanupTarget
    ) async throws {
        guard case .volume(let path, _, let until, let critical?) = firing.trigger.measure,
            target.garbageCollect == nil, !cleaner.interruption.isRaised
        else { return }
        let gauge = try VolumeGauge(path: path)
        guard gauge.isAbove(critical, released: 0) else { return }
        _ = try await sweeper.purge(
            target,
            cause: cause,
            isUrgent: true,
            needed: gauge.excess(over: until, released: 0)
        )
    }
}

extension Firing {
    fileprivate var isVolume: Bool {
        if case .volume = trigger.measure { return true }
        return false
    }
}
