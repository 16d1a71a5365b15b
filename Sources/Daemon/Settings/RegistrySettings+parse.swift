import Cleanup
import RegistryClients
import RegistryModel

extension RegistrySettings {
    static let shape = SettingsShape(
        keys: [
            "name", "kind", "url", "username", "passwordFile", "storage", "afterSweep", "grace",
            "quarantine", "inventory", "gapTolerance", "probe", "probeUrl", "trustHistoryFrom",
            "trustHistoryUntil", "repositories", "namespace", "trustRealm", "caFile", "logs",
            "garbageCollect",
        ]
    )

    static func parse(
        _ name: String,
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> RegistrySettings {
        let kind = kind(section)
        // Docker Hub has one address; a kind that could not be read may not need one either.
        let url = kind == .oci || kind == .acr ? section.required("url") : section["url"]
        refuseForeign(section, kind)
        refuseHalfOfALogin(section)
        refuseWithoutStorage(section)
        let address = url?.url()
        let probeAddress = section["probeUrl"]?.url()
        refuseIdleAuthority(section, [address, probeAddress])
        let trusted = trustedHistory(section)
        return RegistrySettings(
            name: name,
            kind: kind ?? .oci,
            url: address ?? (kind == .dockerhub ? DockerHubClient.standardURL : ""),
            username: section["username"]?.text(),
            password: section["passwordFile"]?.secret(readFile),
            storage: section["storage"]?.absolutePath(),
            grace: section["grace"].map { $0.span(allowsZero: true) ?? .zero } ?? defaultGrace,
            quarantine: section["quarantine"].map { $0.span(allowsZero: true) ?? .zero }
                ?? defaultQuarantine,
            afterSweep: section["afterSweep"]?.items { $0.text() } ?? [],
            garbageCollect: section["garbageCollect"].flatMap { collector($0) },
            inventory: section["inventory"].map { $0.span() ?? .zero } ?? defaultInventory,
            gapTolerance: section["gapTolerance"].map { $0.span(allowsZero: true) ?? .zero }
                ?? defaultGapTolerance,
            probe: section["probe"].map { $0.span() ?? .zero } ?? defaultProbe,
            probeURL: probeAddress,
            trustHistoryFrom: trusted.from,
            trustHistoryUntil: trusted.until,
            repositories: section["repositories"]?.items { $0.repositoryName() },
            namespace: section["namespace"]?.hubNamespace(),
            trustRealm: section["trustRealm"]?.items { $0.host() } ?? [],
            caFile: section["caFile"]?.certificateFile(readFile),
            logs: section["logs"].map { LogSource.parse(list: $0, readFile) } ?? []
        )
    }

    /// The kind; nil where it could not be read.
    private static func kind(_ section: SettingsSection) -> Kind? {
        guard section.mentions("kind") else { return .oci }
        return section["kind"]?.choice(Kind.allCases.map(\.rawValue)).flatMap(Kind.init(rawValue:))
    }

    /// What does nothing for a registry of this kind.
    private static func refuseForeign(_ section: SettingsSection, _ kind: Kind?) {
        guard let kind else { return }
        if kind != .dockerhub {
            section["namespace"]?.refuse("goes with kind: dockerhub; use repositories here")
        }
        if kind == .dockerhub, section.mentions("namespace"), section.mentions("repositories") {
            section["repositories"]?.refuse("and namespace exclude each other; keep one of them")
        }
        let foreign: [String] =
            switch kind {
            case .oci: []
            case .acr: ["storage"]
            case .dockerhub: ["storage", "probeUrl", "probe", "trustRealm"]
            }
        for key in foreign {
            section[key]?.refuse("does nothing with kind: \(kind.rawValue); remove it")
        }
    }

    private static func refuseHalfOfALogin(_ section: SettingsSection) {
        if let username = section["username"], !section.mentions("passwordFile") {
            username.refuse("has no password; add passwordFile, or remove the name")
        }
        if let file = section["passwordFile"], !section.mentions("username") {
            file.refuse("has no name to go with; add username, or remove the file")
        }
    }

    /// The time for which the operator's word stands, which has a beginning and may have an end.
    private static func trustedHistory(
        _ section: SettingsSection
    ) -> (from: Timestamp?, until: Timestamp?) {
        let from = section["trustHistoryFrom"]?.moment()
        guard let entry = section["trustHistoryUntil"] else { return (from, nil) }
        let until = entry.moment()
        if !section.mentions("trustHistoryFrom") {
            entry.refuse("has no beginning; add trustHistoryFrom, or remove it")
        } else if let from, let until, until <= from {
            entry.refuse("is not after trustHistoryFrom; name a later date, or remove both")
        }
        return (from, until)
    }

    private static func refuseIdleAuthority(_ section: SettingsSection, _ urls: [String?]) {
        guard let file = section["caFile"], urls.contains(where: { $0 != nil }) else { return }
        guard !urls.contains(where: { $0?.hasPrefix("https:") ?? false }) else { return }
        file.refuse("is for https, and no address here is; change url, or remove it")
    }

    /// What is about the registry's disk does nothing where that is not known.
    private static func refuseWithoutStorage(_ section: SettingsSection) {
        guard !section.mentions("storage") else { return }
        let collects = section.mentions("garbageCollect")
        for key in ["afterSweep", "grace", "quarantine"] where !collects || key == "quarantine" {
            section[key]?.refuse("goes with storage; add that folder, or remove \(key)")
        }
    }

    /// Reads a command for this machine, or one for a container of an engine.
    private static func collector(_ entry: SettingsEntry) -> CollectorCommand? {
        if entry.itemCount != nil {
            return entry.items { $0.text() }.map { CollectorCommand(command: $0) }
        }
        guard let section = entry.section(collectorShape) else { return nil }
        let command = section.required("command")?.items { $0.text() }
        let engine = section.required("engine")?.text()
        let container = section.required("container")?.text()
        guard let command, let engine, let container else { return nil }
        return CollectorCommand(command: command, engine: engine, container: container)
    }

    private static let collectorShape = SettingsShape(keys: ["engine", "container", "command"])

    /// The name of the engine in whose container the collector runs.
    static func collectorEngine(_ section: SettingsSection) -> SettingsEntry? {
        guard let entry = section["garbageCollect"], entry.itemCount == nil else { return nil }
        return entry.section(collectorShape)?["engine"]
    }
}
