import AccessLedger
import Cleanup
import Foundation
import Hummingbird
import Listening
import Logging
import NIOCore
import Publishing
import RegistryModel
import RetentionPlanning
import ServiceLifecycle
import UnixSignals

/// The daemon: everything wired together in one place.
package struct LastpullDaemon: Sendable {
    private let deployment: Deployment
    private let lock: DaemonLock
    private let onServerRunning: @Sendable (Int) async -> Void

    /// Takes the ledger for this process; `onServerRunning` learns the port once it is open.
    package init(
        _ deployment: Deployment,
        onServerRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.deployment = deployment
        self.onServerRunning = onServerRunning
        lock = try DaemonLock(ledger: deployment.settings.ledger)
    }

    /// Serves until SIGTERM or SIGINT; removals under way then come to their end, and no more begin.
    ///
    /// Services that others lean on come first; at the end intake stops first and the ledger closes
    /// last.
    package func run() async throws {
        let ledger = deployment.ledger
        await ledger.reserveSpace()
        try await deployment.noteTrust(isHearing: true)
        try await deployment.warnOfEndlessTrust()
        try await deployment.resumeWebhooks()
        try await deployment.forgetFormerLogs()
        try await deployment.beginListening(lock)
        try ledger.guardFile()
        let triggers = TriggerService(
            triggers: deployment.settings.triggers.filter { $0.engine == nil },
            cleaner: deployment.cleaner,
            sweeper: deployment.sweeper,
            collector: deployment.collector,
            keeper: deployment.keeper,
            logger: deployment.logger,
            now: deployment.now
        )
        let watch = QuarantineWatch(
            sweeper: deployment.sweeper,
            targets: deployment.targets,
            logger: deployment.logger
        )
        let reactions = Reactions(
            targets: deployment.targets,
            keeper: deployment.keeper,
            triggers: triggers,
            afterCare: AfterCare(
                ledger: ledger,
                targets: deployment.targets,
                logger: deployment.logger,
                now: deployment.now
            ),
            logger: deployment.logger
        )
        let proving = Proving(
            ledger: ledger,
            targets: deployment.targets,
            logger: deployment.logger,
            now: deployment.now
        )
        let intake = Intake(
            ledger: ledger,
            registries: deployment.targets.map(\.row),
            ignoring: deployment.settings.ignoreAccess,
            now: deployment.now,
            onDelivery: { watch.heard($0) },
            onCommit: {
                reactions.heard($0)
                proving.heard($0.unproven)
            }
        )
        let syslog = try await SyslogListener(
            deployment.sockets,
            sink: intake,
            logger: deployment.logger
        )
        let refused = RefusedDeliveries(logger: deployment.logger)
        let upkeep = Upkeep(deployment: deployment, lock: lock, health: Upkeep.Health())
        let hub = EventHub(outbox: EventOutbox(ledger), logger: deployment.logger)
        var services: [any Service] = [
            CleanupService(triggers: triggers, deployment: deployment), reactions,
            triggerTicks(triggers), watching(watch), settling(),
        ]
        services += upkeep.services
        services += webhooks(hub)
        services += engineServices
        services += [intake, ProvingService(proving: proving, sink: intake), syslog]
        services += watches(intake)
        services.append(Periodic.countOfProcesses(deployment, into: intake))
        services.append(Periodic.countOfRefusals(deployment, refused))
        services += Self.followers(deployment, into: intake)
        services.append(listener(intake, refused, hub, upkeep.health))
        services.append(EndOfRemovals(triggers: triggers))
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0,
                    successTerminationBehavior: .ignore,
                    failureTerminationBehavior: .gracefullyShutdownGroup
                )
            },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: deployment.logger
        )
        // Both together within the 60 s of deploy/lastpull.service.
        configuration.maximumGracefulShutdownDuration = .seconds(45)
        configuration.maximumCancellationDuration = .seconds(10)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw ListenError(address: deployment.settings.listen, errno: error.errnoCode)
        }
        // What is heard after a copy of this file counts as lost when the copy comes back.
        try? await upkeep.beat()
        try? await Periodic.write(refused, deployment)
        if ledger.displacement == nil { try ledger.close() } else { ledger.letGo() }
        withExtendedLifetime(lock) {}
    }

    /// Each engine is heard, and its thresholds are watched.
    private var engineServices: [Periodic] {
        deployment.engines.flatMap { target in
            let watch = EngineUseWatch(
                target: target,
                ledger: deployment.ledger,
                history: deployment.settings.history,
                logger: deployment.logger,
                now: deployment.now
            )
            let triggers = EngineTriggers(
                triggers: deployment.settings.triggers,
                target: target,
                policies: deployment.settings.policies,
                history: deployment.settings.history,
                ledger: deployment.ledger,
                pruner: deployment.pruner,
                interruption: deployment.cleaner.interruption,
                logger: deployment.logger,
                now: deployment.now,
                isCaughtUp: { await watch.isCaughtUp }
            )
            return [
                Periodic(name: "use of engine \(target.name)", logger: deployment.logger) {
                    try await watch.run()
                    return .seconds(2)
                },
                Periodic(
                    name: "triggers of engine \(target.name)",
                    logger: deployment.logger,
                    interruption: deployment.cleaner.interruption
                ) {
                    try await triggers.tick()
                    return .seconds(1)
                },
            ]
        }
    }

    private func triggerTicks(_ triggers: TriggerService) -> Periodic {
        Periodic(name: "triggers", logger: deployment.logger) {
            await triggers.tick()
            return .seconds(1)
        }
    }

    /// Looks often, for a command beside us may sweep at any time.
    private func watching(_ watch: QuarantineWatch) -> Periodic {
        Periodic(name: "watch of the quarantine", logger: deployment.logger) {
            try await watch.refresh()
            return .seconds(2)
        }
    }

    /// Turns requests for what was removed into regrets when a minute has passed.
    private func settling() -> Periodic {
        let regrets = RegretWatch(
            ledger: deployment.ledger,
            logger: deployment.logger,
            now: deployment.now
        )
        return Periodic(name: "watch of regrets", logger: deployment.logger) {
            try await regrets.settle()
            return .seconds(2)
        }
    }

    private func watches(_ intake: Intake) -> [NodeWatch] {
        deployment.engines.map { engine in
            NodeWatch(
                engine,
                registries: deployment.settings.registries,
                ledger: deployment.ledger,
                sink: intake,
                logger: deployment.logger,
                now: deployment.now
            )
        }
    }

    private func webhooks(_ hub: EventHub) -> [any Service] {
        deployment.webhookSenders().map {
            WebhookService(sender: $0, hub: hub, logger: deployment.logger)
        }
    }

    private func listener(
        _ intake: Intake,
        _ refused: RefusedDeliveries,
        _ hub: EventHub,
        _ health: Upkeep.Health
    ) -> some Service {
        let access = deployment.settings.access
        let router = Router(context: ListeningContext.self)
        AccessRoutes(
            sink: RepeatableIntake(intake: intake),
            tokens: access.ingest.map { AccessTokens($0) },
            naming: deployment.ledger.recordNaming,
            refused: refused,
            logger: deployment.logger,
            now: Deployment.systemTime
        ).add(to: router)
        let readers = [access.read, access.admin].compactMap(\.self)
        let tokens = access.read == nil ? nil : AccessTokens(readers)
        EventRoutes(
            hub: hub,
            isPermitted: { tokens?.permit($0) ?? true },
            logger: deployment.logger
        ).add(to: router)
        HealthRoutes { [ledger = deployment.ledger] in
            ledger.displacement ?? health.reason
        }.add(to: router)
        addReports(to: router) { tokens?.permit($0) ?? true }
        let logger = deployment.logger
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return makeApplication(
            router: router,
            host: deployment.settings.listen.host,
            port: deployment.settings.listen.port,
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? 0
                logger.info(
                    "listening",
                    metadata: ["host": "\(deployment.settings.listen.host)", "port": "\(port)"]
                )
                await onServerRunning(port)
            },
            logger: quiet
        )
    }
}

extension LastpullDaemon {
    /// Adds what answers about the daemon itself.
    private func addReports<Context: RequestContext>(
        to router: Router<Context>,
        isPermitted: @escaping @Sendable (_ authorization: String?) -> Bool
    ) {
        ReportRoutes(isPermitted: isPermitted) { [deployment] in
            try await SourcesReport(deployment).json
        }.add(to: router)
        MetricsRoutes(isPermitted: isPermitted, logger: deployment.logger) { [deployment] in
            try await MetricsReport(deployment).families()
        }.add(to: router)
    }
}

/// Why the listener could not open.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    package var address: ListenAddress
    package var errno: CInt

    package var description: String {
        "cannot listen on \(address): \(String(cString: strerror(errno))); "
            + "free that port, or choose another `listen`"
    }
}
