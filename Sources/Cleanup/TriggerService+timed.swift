import AccessLedger
import Foundation
import Logging
import RegistryModel
import RetentionPlanning

// What is looked at on a tick: time, and how full a file system is.
extension TriggerService {
    func considerTimed(_ trigger: Trigger, _ time: Timestamp) async {
        for target in cleaner.targets {
            if let own = trigger.registry, own != target.row.name { continue }
            switch trigger.measure {
            case .every(let interval):
                guard await isDue(trigger, target, interval, time) else { continue }
                consider(
                    Firing(
                        trigger: trigger,
                        registry: target.row.name,
                        measured: "every \(interval)",
                        goal: .everything,
                        needed: 0
                    )
                )
            case .volume(let path, let above, let until, let critical):
                guard target.givesBack else { continue }
                let firing = await volumeFiring(trigger, target, path, above, until, critical)
                if let firing { consider(firing) }
            default: continue
            }
        }
    }

    func isDue(
        _ trigger: Trigger,
        _ target: CleanupTarget,
        _ interval: Span,
        _ time: Timestamp
    ) async -> Bool {
        let known: (at: Timestamp, note: String)?
        do {
            known = try await cleaner.ledger.lastRun(
                ofTrigger: trigger.name,
                registryId: target.row.id,
                repositoryId: 0
            )
        } catch {
            logger.error("trigger not looked at", metadata: ["reason": "\(error)"])
            return false
        }
        guard let last = known else {
            // The clock starts when the trigger is first seen.
            try? await cleaner.ledger.ran(
                trigger: trigger.name,
                registryId: target.row.id,
                repositoryId: 0,
                at: time,
                note: "first seen"
            )
            return false
        }
        return time - last.at >= interval
    }

    /// Whether a trigger fires for how full a file system is.
    func volumeFiring(
        _ trigger: Trigger,
        _ target: CleanupTarget,
        _ path: String,
        _ above: Trigger.VolumeMark,
        _ until: Trigger.VolumeMark,
        _ critical: Trigger.VolumeMark?
    ) async -> Firing? {
        switch trigger.reach(of: target, among: cleaner.targets) {
        case .reaches: break
        case .isOfOthers: return nil
        case .never(let obstacle):
            await complain(trigger, target.row.name, obstacle, ["needed": "0"])
            return nil
        }
        let gauge: VolumeGauge
        do {
            gauge = try VolumeGauge(path: path)
        } catch {
            await complain(trigger, target.row.name, "\(error)", ["needed": "0"])
            return nil
        }
        guard gauge.isAbove(above, released: 0) else { return nil }
        let released = await released(of: target)
        // Above the critical mark what waits in quarantine has to go, though it is released.
        let isCritical = critical.map { gauge.isAbove($0, released: 0) } ?? false
        let isDue =
            gauge.isAbove(above, released: released.bytes) || isCritical && released.bytes > 0
        let percent = (gauge.percent * 10).rounded() / 10
        var firing = Firing(
            trigger: trigger,
            registry: target.row.name,
            measured: "\(percent)% of \(path)",
            goal: .release(bytes: 0),
            needed: 0
        )
        if isDue {
            firing.needed = max(0, gauge.excess(over: until, released: released.bytes))
            firing.goal = .release(bytes: firing.needed)
        } else {
            // What a sweep found too young to go is older by now.
            guard trigger.clean.contains(.storage), released.unswept > 0,
                gauge.isAbove(above, released: released.quarantined),
                hasRested(firing, for: Span(milliseconds: target.grace.milliseconds / 6))
            else { return nil }
        }
        return firing
    }

    /// Bytes that were released and are still on the registry's disk.
    struct Released {
        var quarantined: Int64 = 0
        /// What waits for a sweep.
        var unswept: Int64 = 0

        var bytes: Int64 { quarantined + unswept }
    }

    func released(of target: CleanupTarget) async -> Released {
        guard let storage = target.storage,
            let blobs = try? await cleaner.ledger.releasedBlobs(of: target.row),
            let quarantined = try? await cleaner.ledger.quarantinedBytes(of: target.row)
        else { return Released() }
        let unswept = blobs.reduce(Int64(0)) { sum, blob in
            let place = "\(blob.digest.algorithm)/\(blob.digest.encoded.prefix(2))"
            let path = "\(storage)/docker/registry/v2/blobs/\(place)/\(blob.digest.encoded)/data"
            return FileManager.default.fileExists(atPath: path) ? sum + blob.size : sum
        }
        return Released(quarantined: quarantined, unswept: unswept)
    }
}
