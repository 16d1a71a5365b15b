import RegistryModel

extension RegistrySettings {
    static let shape = SettingsShape(
        keys: [
            "name", "kind", "url", "username", "passwordFile", "storage", "afterSweep", "grace",
            "quarantine", "inventory", "gapTolerance", "probe", "probeUrl", "trustHistoryFrom",
            "repositories", "caFile", "logs",
        ],
        later: ["garbageCollect"]
    )

    static func parse(
        _ name: String,
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> RegistrySettings {
        // Other kinds may do without an address, so that the lack of one is no second mistake.
        let url = isSupported(section) ? section.required("url") : section["url"]
        refuseHalfOfALogin(section)
        refuseWithoutStorage(section)
        let address = url?.url()
        let probeAddress = section["probeUrl"]?.url()
        refuseIdleAuthority(section, [address, probeAddress])
        return RegistrySettings(
            name: name,
            kind: .oci,
            url: address ?? "",
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
            caFile: section["caFile"]?.certificateFile(readFile),
            logs: section["logs"].map { LogSource.parse(list: $0, readFile) } ?? []
        )
    }

    private static func isSupported(_ section: SettingsSection) -> Bool {
        guard section.mentions("kind") else { return true }
        guard let entry = section["kind"],
            let kind = entry.choice([Kind.oci.rawValue] + laterKinds)
        else { return false }
        guard laterKinds.contains(kind) else { return true }
        entry.refuse("\(kind) is not yet supported; this version knows oci")
        return false
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

    /// Kinds of the design that this version has no client for.
    private static let laterKinds = ["dockerhub", "acr"]
}
