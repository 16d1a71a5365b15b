package import AccessLedger
package import Cleanup
import CurlTransport
import EventDecoding
import Foundation
import Listening
package import Logging
import Publishing
import RegistryClients
package import RegistryModel
import RegistryStorage
import RetentionPlanning

/// Everything that commands and the daemon work with, put together from the settings once.
package struct Deployment: Sendable {
    package let settings: Settings
    package let ledger: Ledger
    package let targets: [CleanupTarget]
    package let engines: [EngineTarget]
    package let cleaner: Cleaner
    package let keeper: InventoryKeeper
    package let prober: Prober
    package let restorer: Restorer
    package let explainer: Explainer
    package let engineExplainer: EngineExplainer
    package let sweeper: StorageSweeper
    package let pruner: EnginePruner
    package let collector: GarbageCollector
    package let logger: Logger
    package let now: @Sendable () -> Timestamp
    /// This moment by the machine's own time.
    let machine: @Sendable () -> MachineMoment?

    /// Opens the ledger and prepares the clients; nothing is asked of a registry yet.
    package init(
        _ settings: Settings,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp = systemTime,
        machine: @escaping @Sendable () -> MachineMoment? = { MachineMoment.now },
        onProgress: @escaping @Sendable (RunProgress) -> Void = { _ in }
    ) async throws {
        self.settings = settings
        self.logger = logger
        self.now = now
        self.machine = machine
        let folder = (settings.ledger as NSString).deletingLastPathComponent
        if !folder.isEmpty {
            // Where this fails, opening the ledger says why.
            try? FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
        }
        ledger = try Ledger(path: settings.ledger)
        for webhook in settings.publish { try await ledger.register(webhook: webhook.name) }
        let transport = CurlTransport(maximumConnectionsPerHost: Self.mostConnections)
        var targets: [CleanupTarget] = []
        for registry in settings.registries {
            let row = try await ledger.registry(named: registry.name)
            let places = HubPlaces(of: registry, policies: settings.policies)
            targets.append(try Self.target(registry, row, transport, places))
        }
        self.targets = targets
        var engines: [EngineTarget] = []
        for engine in settings.engines {
            let row = try await ledger.engine(named: engine.name)
            engines.append(try Self.engine(engine, row, transport))
        }
        self.engines = engines
        pruner = EnginePruner(ledger: ledger, logger: logger, now: now, machine: machine)
        collector = GarbageCollector(ledger: ledger, engines: engines, logger: logger, now: now)
        keeper = InventoryKeeper(
            ledger: ledger,
            policies: settings.policies,
            logger: logger,
            now: now
        )
        prober = Prober(ledger: ledger, logger: logger, now: now)
        cleaner = Cleaner(
            ledger: ledger,
            policies: settings.policies,
            history: settings.history,
            targets: targets,
            logger: logger,
            now: now,
            machine: machine,
            onProgress: onProgress
        )
        sweeper = StorageSweeper(
            ledger: ledger,
            registries: settings.isOfCommand ? nil : Set(targets.map(\.row.name)),
            logger: logger,
            now: now,
            machine: machine,
            interruption: cleaner.interruption
        )
        restorer = Restorer(ledger: ledger, targets: targets, sweeper: sweeper, now: now)
        explainer = Explainer(ledger: ledger, planMaker: cleaner.planMaker, now: now)
        engineExplainer = EngineExplainer(ledger: ledger, policies: settings.policies, now: now)
    }

    package func engine(named name: String) throws(CleanupError) -> EngineTarget {
        guard let engine = engines.first(where: { $0.name == name }) else {
            throw .unknownEngine(name)
        }
        return engine
    }

    /// The sockets for log lines, with the registry that each is for.
    var sockets: [(registry: String, socket: SyslogSocket)] {
        settings.registries.flatMap { registry in
            registry.sockets.map { socket in
                var socket = socket
                socket.dialect.naming = ledger.recordNaming
                return (registry.name, socket)
            }
        }
    }

    /// What came by the sockets that the settings name for a registry.
    package func sockets(of target: CleanupTarget) async throws -> [SocketStatistics] {
        let heard = try await ledger.sockets(of: target.row)
        return sockets.filter { $0.registry == target.row.name }.map { (_, socket) in
            heard.first { $0.address == "\(socket)" } ?? SocketStatistics(address: "\(socket)")
        }
    }

    /// Tells the ledger where the registries are and what the settings vouch for; `isHearing` where
    /// they will be heard there from now on.
    package func noteTrust(isHearing: Bool = false) async throws {
        for (registry, target) in zip(settings.registries, targets) {
            if !target.place.isEmpty {
                try await ledger.note(
                    address: target.place,
                    of: target.row,
                    at: now(),
                    isHearing: isHearing
                )
            }
            try await ledger.trust(
                target.row,
                at: target.place,
                from: registry.trustHistoryFrom,
                until: registry.trustHistoryUntil,
                readAt: now()
            )
        }
    }

    private static func target(
        _ registry: RegistrySettings,
        _ row: RegistryRow,
        _ shared: CurlTransport,
        _ places: HubPlaces
    ) throws -> CleanupTarget {
        guard !registry.url.isEmpty else { return storageTarget(registry, row) }
        let transport: any HTTPTransport =
            registry.caFile.map { TrustingTransport(shared, authorities: $0) } ?? shared
        let connect: (String) throws -> any RegistryClient = { url in
            try makeClient(of: registry, at: url, transport, places)
        }
        let client = try connect(registry.url)
        let isHub = registry.kind == .dockerhub
        return CleanupTarget(
            row: row,
            client: client,
            probeClient: try registry.probeURL.map(connect) ?? client,
            url: registry.url,
            place: (try? RegistryURL(registry.url))?.place ?? registry.url,
            clientURL: registry.probeURL,
            repositories: isHub ? places.repositories : registry.repositories,
            gapTolerance: registry.gapTolerance,
            probeInterval: registry.probe,
            inventoryInterval: registry.inventory,
            storage: registry.storage,
            grace: registry.grace,
            quarantine: registry.quarantine,
            afterSweep: registry.afterSweep,
            garbageCollect: registry.garbageCollect,
            isLoopback: isLoopback(registry.probeURL ?? registry.url)
        )
    }

    private static func makeClient(
        of registry: RegistrySettings,
        at url: String,
        _ transport: any HTTPTransport,
        _ places: HubPlaces
    ) throws -> any RegistryClient {
        let address = try address(url)
        let credentials: Credentials? =
            if let username = registry.username, let password = registry.password {
                Credentials(username: username, password: password)
            } else {
                nil
            }
        switch registry.kind {
        case .oci:
            return OCIRegistryClient(
                url: address,
                credentials: credentials,
                transport: transport,
                trustedRealms: Set(registry.trustRealm)
            )
        case .dockerhub:
            return DockerHubClient(
                url: address,
                namespaces: places.namespaces,
                credentials: credentials,
                transport: transport
            )
        case .acr:
            return ACRClient(
                url: address,
                credentials: credentials,
                transport: transport,
                trustedRealms: Set(registry.trustRealm)
            )
        }
    }

    /// As many as are ever removed at once.
    private static let mostConnections = 72

    private static func engine(
        _ engine: EngineSettings,
        _ row: EngineRow,
        _ transport: CurlTransport
    ) throws -> EngineTarget {
        var address: EngineAddress
        switch engine.place {
        case .socket(let path): address = EngineAddress(socket: path)
        case .url(let url):
            guard let parsed = EngineAddress(url: url) else {
                throw SettingsFileError(path: url, reason: "not the address of an engine")
            }
            address = parsed
        }
        address.authorities = engine.caFile
        address.identity = engine.identity
        return EngineTarget(
            row: row,
            client: EngineClient(name: engine.name, address: address, transport: transport),
            prune: engine.prune,
            filters: engine.filters
        )
    }

    /// A registry that is known by its disk alone.
    private static func storageTarget(
        _ registry: RegistrySettings,
        _ row: RegistryRow
    ) -> CleanupTarget {
        let client = StorageClient(path: registry.storage ?? "")
        return CleanupTarget(
            row: row,
            client: client,
            probeClient: client,
            url: "",
            storage: registry.storage,
            grace: registry.grace,
            quarantine: registry.quarantine,
            afterSweep: registry.afterSweep
        )
    }

    private static func address(_ url: String) throws -> RegistryAddress {
        guard let address = RegistryAddress(url) else {
            throw SettingsFileError(path: url, reason: "not the address of a registry")
        }
        return address
    }

    private static func isLoopback(_ url: String) -> Bool {
        guard let host = URLComponents(string: url)?.host else { return false }
        return host == "localhost" || host.hasPrefix("127.") || host == "::1" || host == "[::1]"
    }

    /// The clock of this machine.
    package static let systemTime: @Sendable () -> Timestamp = {
        Timestamp(seconds: Date().timeIntervalSince1970)
    }
}
