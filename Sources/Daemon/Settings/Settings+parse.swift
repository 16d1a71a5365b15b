import Listening
import Publishing
import RegistryModel
import RetentionPlanning

extension Settings {
    private static let shape = SettingsShape(
        keys: [
            "listen", "ledger", "history", "registries", "engines", "ignoreAccess", "policies",
            "triggers", "publish", "access",
        ],
        later: ["tls"]
    )

    /// Reads a settings file (design, section 6.2).
    ///
    /// Unknown and repeated keys, wrong types, values out of bounds and names of nothing are all
    /// refused, and all at once. Defaults stand for keys that are left out.
    /// - Parameters:
    ///   - text: What the file holds.
    ///   - file: Its name, for messages.
    ///   - readFile: Gives the text of a file that a key names, such as `passwordFile`. What it
    ///     throws becomes part of a message, so it should describe itself in a few words.
    /// - Returns: The settings, with warnings about what is legal but hardly meant.
    /// - Throws: Every problem of the file, in the order of its lines.
    package static func parse(
        _ text: String,
        file: String,
        readFile: (String) throws -> String
    ) throws(SettingsError) -> Settings {
        let reading = try SettingsReading(text, file: file)
        guard let root = reading.document.root else {
            reading.refuse("settings: the file is empty; \(firstStep)", at: .start)
            return try reading.close(with: nil)
        }
        let entry = SettingsEntry(node: root, path: "", reading: reading)
        return try reading.close(with: entry.section(shape).map { parse($0, readFile) })
    }

    private static func parse(
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> Settings {
        let history = section.value("history", default: defaultHistory) { $0.span() }
        var context = SettingsContext(registries: [:], knowsAllRegistries: true, history: history)
        let engines = self.engines(section, &context, readFile)
        let registries = self.registries(section, &context, readFile)
        let access = section["access"]?.section(AccessSettings.shape)
        let listen = section["listen"]?.listenAddress()
        if let listen, !listen.isLoopback { refuseWithoutTokens(section, access) }
        let policies = section.named("policies", Policy.shape) { Policy.parse($0, $1, context) }
        let triggers = section.named("triggers", Trigger.shape) { Trigger.parse($0, $1, context) }
        refuseNowhere(section, registries, policies)
        return Settings(
            listen: listen ?? .standard,
            ledger: section["ledger"]?.text() ?? defaultLedger,
            history: history ?? defaultHistory,
            registries: registries,
            engines: engines,
            ignoreAccess: section["ignoreAccess"].map(AccessIgnoreList.parse)
                ?? AccessIgnoreList(),
            policies: policies,
            triggers: triggers.compactMap { $0 },
            publish: section["publish"].map { Webhook.list($0, readFile) } ?? [],
            access: access.map { AccessSettings.parse($0, readFile) } ?? AccessSettings(),
            warnings: section.entry.reading.warnings
        )
    }

    /// Reads the registries, and tells `context` about them.
    private static func registries(
        _ section: SettingsSection,
        _ context: inout SettingsContext,
        _ readFile: (String) throws -> String
    ) -> [RegistrySettings] {
        if !section.mentions("registries"), !section.mentions("engines") {
            section.entry.refuse("registries is missing; \(firstStep)")
        }
        var names: [String: Bool] = [:]
        var places = RegistryPlaces()
        let registries = section.named("registries", RegistrySettings.shape) { name, part in
            let givesBack = part.mentions("storage") || part.mentions("garbageCollect")
            names[name] = givesBack || names[name] == true
            _ = RegistrySettings.collectorEngine(part).map { context.engine($0) }
            let registry = RegistrySettings.parse(name, part, readFile)
            if registry.kind == .dockerhub { context.telling.insert(name) }
            places.take(registry, part)
            return registry
        }
        let count = section["registries"]?.itemCount
        if count == 0 { section["registries"]?.refuse("is an empty list; \(firstStep)") }
        context.knowsAllRegistries =
            names[""] == nil && registries.count == (count ?? 0)
            && (!registries.isEmpty
                || !section.mentions("registries") && section.mentions("engines"))
        context.registries = names
        refuseSharedSockets(registries, section["registries"])
        return registries
    }

    /// Docker Hub has no list of everything: somebody has to say what to look after.
    private static func refuseNowhere(
        _ section: SettingsSection,
        _ registries: [RegistrySettings],
        _ policies: [Policy]
    ) {
        for registry in registries where registry.kind == .dockerhub {
            guard HubPlaces(of: registry, policies: policies).isEmpty else { continue }
            section["registries"]?.refuse(
                "\(registry.name) is Docker Hub, which has no list of everything; name a "
                    + "namespace, or repositories here or in its policies"
            )
        }
    }

    /// Reads the engines, and tells `context` about them.
    private static func engines(
        _ section: SettingsSection,
        _ context: inout SettingsContext,
        _ readFile: (String) throws -> String
    ) -> [EngineSettings] {
        let engines = section.named("engines", EngineSettings.shape) { name, part in
            EngineSettings.parse(name, part, readFile)
        }
        context.engines = Set(engines.map(\.name))
        context.knowsAllEngines =
            !context.engines.contains("") && engines.count == (section["engines"]?.itemCount ?? 0)
            && (!engines.isEmpty || !section.mentions("engines"))
        return engines
    }

    /// A line does not say which registry it is of, but for the socket that it came by.
    private static func refuseSharedSockets(
        _ registries: [RegistrySettings],
        _ entry: SettingsEntry?
    ) {
        var owners: [SyslogSocket: String] = [:]
        for registry in registries {
            for socket in registry.sockets {
                if let owner = owners[socket.place], owner != registry.name {
                    entry?.refuse(
                        "\(socket) is there for \(owner) and for \(registry.name); give each a "
                            + "socket of its own"
                    )
                }
                owners[socket.place] = registry.name
            }
        }
    }

    private static func refuseWithoutTokens(_ section: SettingsSection, _ access: SettingsSection?)
    {
        guard section.mentions("access") == (access != nil) else { return }
        let missing = AccessSettings.shape.keys.filter { !(access?.mentions($0) ?? false) }
        guard !missing.isEmpty, let listen = section["listen"] else { return }
        let keys = missing.map { "access.\($0)" }.joined(separator: ", ")
        listen.refuse(
            "others can reach \(Excerpt.of(listen.plainText ?? "")); "
                + "give a tokenFile to \(keys), or listen on 127.0.0.1"
        )
    }

    private static let firstStep =
        "name a registry: registries: [{ name: local, url: http://127.0.0.1:5000 }]"
}

extension AccessSettings {
    static let shape = SettingsShape(keys: ["ingest", "read", "admin"])

    static func parse(
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> AccessSettings {
        func token(_ key: String) -> Secret? {
            section[key]?.section(SettingsShape(keys: ["tokenFile"]))?.required("tokenFile")?
                .secret(readFile)
        }
        return AccessSettings(
            ingest: token("ingest"),
            read: token("read"),
            admin: token("admin")
        )
    }
}

extension AccessIgnoreList {
    static let shape = SettingsShape(keys: ["userAgents", "actors", "networks"])

    static func parse(_ entry: SettingsEntry) -> AccessIgnoreList {
        guard let section = entry.section(shape) else { return AccessIgnoreList() }
        return AccessIgnoreList(
            userAgents: section["userAgents"]?.items { $0.ignoredGlob() } ?? [],
            actors: section["actors"]?.items { $0.ignoredGlob() } ?? [],
            networks: section["networks"]?.ignoredNetworks() ?? []
        )
    }
}
