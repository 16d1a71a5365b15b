import RegistryClients
import RegistryModel

extension RegistrySettings {
    static let shape = SettingsShape(
        keys: [
            "name", "kind", "url", "username", "passwordFile", "storage", "afterSweep", "grace",
            "quarantine", "inventory", "gapTolerance", "probe", "probeUrl", "trustHistoryFrom",
            "repositories", "namespace", "trustRealm", "caFile", "logs",
        ],
        later: ["garbageCollect"]
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
            inventory: section["inventory"].map { $0.span() ?? .zero } ?? defaultInventory,
            gapTolerance: section["gapTolerance"].map { $0.span(allowsZero: true) ?? .zero }
                ?? defaultGapTolerance,
            probe: section["probe"].map { $0.span() ?? .zero } ?? defaultProbe,
            probeURL: probeAddress,
            trustHistoryFrom: section["trustHistoryFrom"]?.moment(),
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

    private static func refuseIdleAuthority(_ section: SettingsSection, _ urls: [String?]) {
        guard let file = section["caFile"], urls.contains(where: { $0 != nil }) else { return }
        guard !urls.contains(where: { $0?.hasPrefix("https:") ?? false }) else { return }
        file.refuse("is for https, and no address here is; change url, or remove it")
    }

    /// What is about the registry's disk does nothing where that is not known.
    private static func refuseWithoutStorage(_ section: SettingsSection) {
        guard !section.mentions("storage") else { return }
        for key in ["afterSweep", "grace", "quarantine"] {
            section[key]?.refuse("goes with storage; add that folder, or remove \(key)")
        }
    }
}
