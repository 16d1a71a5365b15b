import AccessLedger
import Cleanup
import Logging
import RegistryClients
import RegistryModel
import RetentionPlanning
import Synchronization

/// The daemon's regular work, each piece a service of its own.
struct Upkeep: Sendable {
    let deployment: Deployment
    let lock: DaemonLock
    let health: Health
    private let waking = Waking()

    init(deployment: Deployment, lock: DaemonLock, health: Health) {
        self.deployment = deployment
        self.lock = lock
        self.health = health
    }

    /// Why the ledger cannot be written to, or nil.
    final class Health: Sendable {
        private let failure = Mutex<String?>(nil)

        var reason: String? {
            get { failure.withLock { $0 } }
            set { failure.withLock { $0 = newValue } }
        }
    }

    /// When the heartbeat that is not written yet was begun.
    private final class Waking: Sendable {
        private let began = Mutex<PulseMoment?>(nil)

        /// The moment of the first attempt, which is `now` where there was none before.
        func begin(_ now: PulseMoment) -> PulseMoment {
            began.withLock { began in
                let first = began ?? now
                began = first
                return first
            }
        }

        func end() { began.withLock { $0 = nil } }
    }

    var services: [Periodic] {
        [heartbeat, rollOff, reserve] + deployment.targets.map(inventory)
            + deployment.targets.filter(\.traits.canBeProbed).map(probes)
            + deployment.targets.filter { $0.storage != nil }.map(purges)
    }

    private var heartbeat: Periodic {
        Periodic(name: "heartbeat", logger: deployment.logger) {
            do {
                try await beat()
                health.reason = nil
            } catch {
                health.reason = "\(error)"
                // Whatever lies there now is not ours.
                if deployment.ledger.displacement != nil { deployment.ledger.letGo() }
                throw error
            }
            return .seconds(5)
        }
    }

    /// Says in the ledger, then beside it, that we live.
    func beat() async throws {
        let moment = { @Sendable [deployment] in
            PulseMoment(time: deployment.now(), machine: deployment.machine())
        }
        let woken = waking.begin(moment())
        let beat = try await deployment.ledger.heartbeat(wokenAt: woken, now: moment)
        waking.end()
        if let since = beat.stillSince {
            deployment.logger.warning(
                "lastpull stood still; what was said meanwhile may be missing",
                metadata: ["since": "\(since.text)", "until": "\(deployment.now().text)"]
            )
        }
        if beat.leap != nil { try await deployment.sayClockDoubt() }
        do { try lock.write(beat.mark) } catch {
            deployment.logger.error(
                "it is not written down who serves the ledger",
                metadata: ["reason": "\(error)"]
            )
        }
    }

    private var rollOff: Periodic {
        Periodic(name: "roll-off", logger: deployment.logger) {
            let isMore = try await deployment.ledger.rollOff(
                history: deployment.settings.history,
                names: max(.days(1), deployment.targets.map(\.grace).max() ?? .days(1)),
                now: deployment.now()
            )
            // In small steps, so that webhooks never wait long behind it.
            return isMore ? .seconds(1) : .hours(1)
        }
    }

    /// What was given up on a full disk is set aside again once there is room.
    private var reserve: Periodic {
        Periodic(name: "reserve", logger: deployment.logger) {
            await deployment.ledger.reserveSpace()
            return .seconds(10)
        }
    }

    private func purges(_ target: CleanupTarget) -> Periodic {
        Periodic(name: "purge of \(target.row.name)", logger: deployment.logger) {
            do {
                _ = try await deployment.sweeper.purge(target, cause: .init(name: "quarantine"))
            } catch CleanupError.alreadyRunning {
                // It is due after that cleanup, too.
            }
            return min(.minutes(1), max(target.quarantine, .seconds(1)))
        }
    }

    private func inventory(_ target: CleanupTarget) -> Periodic {
        let rhythm = Mutex(InventoryRhythm(interval: target.inventoryInterval))
        return Periodic(name: "inventory of \(target.row.name)", logger: deployment.logger) {
            let work = rhythm.withLock { $0.work(at: deployment.now()) }
            do {
                switch work {
                case .whole:
                    let left = try await deployment.keeper.list(target)
                    deployment.logger.info("listed", metadata: ["registry": "\(target.row.name)"])
                    return rhythm.withLock { $0.listed(besides: left, at: deployment.now()) }
                case .again(let names):
                    let left = try await deployment.keeper.listAgain(names, of: target)
                    return rhythm.withLock { $0.listedAgain(besides: left, at: deployment.now()) }
                }
            } catch let error as RegistryError {
                let pause = rhythm.withLock { $0.failed(at: deployment.now()) }
                deployment.logger.error(
                    "inventory not taken",
                    metadata: [
                        "registry": "\(target.row.name)", "reason": "\(error)",
                        "next": "in \(pause)",
                    ]
                )
                return pause
            }
        }
    }

    private func probes(_ target: CleanupTarget) -> Periodic {
        let turn = Mutex(0)
        let isSent = Mutex(false)
        return Periodic(name: "probe of \(target.row.name)", logger: deployment.logger) {
            if isSent.withLock({ $0 }) { try await deployment.prober.announce(target) }
            let answer = try await deployment.prober.probe(
                target,
                turn: turn.withLock { turn in
                    turn += 1
                    return turn
                }
            )
            isSent.withLock { $0 = answer != .nothingToRead }
            // An empty registry is looked at often, so that coverage begins with its first image.
            return answer == .nothingToRead
                ? min(target.probeInterval, .seconds(1)) : target.probeInterval
        }
    }
}
