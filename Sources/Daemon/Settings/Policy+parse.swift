import RegistryModel
import RetentionPlanning

extension Policy {
    static let shape = SettingsShape(keys: [
        "name", "registry", "engine", "repositories", "keep", "count", "untagged", "mode", "brake",
    ])

    static func parse(
        _ name: String,
        _ section: SettingsSection,
        _ context: SettingsContext
    ) -> Policy {
        var context = context
        context.own = section["registry"]?.plainText
        let policy = Policy(
            name: name,
            registry: section["registry"].flatMap { context.registry($0) },
            engine: section["engine"].flatMap { context.engine($0) },
            repositories: section["repositories"]?
                .repositoryGlobs(ofEngine: section.mentions("engine")) ?? [],
            keep: section["keep"].flatMap { Keep.parse($0, context) } ?? Keep(),
            count: section["count"].flatMap { classes($0) } ?? defaultCount,
            untaggedAfter: section["untagged"].flatMap { untaggedAfter($0) }
                ?? defaultUntaggedAfter,
            mode: section["mode"].flatMap { mode($0) } ?? .observe,
            brake: section["brake"].flatMap { Brake.parse($0) } ?? Brake()
        )
        if let engine = section["engine"] {
            for key in ["registry", "count", "untagged"] {
                section[key]?.refuse("does not go with engine; remove one of them")
            }
            if policy.keep.accessed.map({ $0.atLeast > 1 }) ?? false {
                engine.refuse("accessed.atLeast is 1 for an engine, whose last use is what counts")
            }
            if policy.brake.bytes != nil || policy.brake.regrets != nil {
                section["brake"]?.refuse(
                    "bytes and regrets are counted for registries only; write items or share"
                )
            }
        }
        policy.warn(at: section.entry, context)
        return policy
    }

    /// Points out what makes the policy keep more than its author may think.
    private func warn(at entry: SettingsEntry, _ context: SettingsContext) {
        if mode == .enforce, keep.isEmpty {
            entry.reading.warn(
                "\(entry.path): without a keep rule the policy keeps everything; "
                    + "add rules, or say keep: none to let all go",
                at: entry.place
            )
        }
        if mode == .enforce, keep.versions != nil, keep.tags.isEmpty {
            entry.reading.warn(
                "\(entry.path): semver keeps versions only, so tags such as latest and main go "
                    + "unless another rule keeps them; name them in keep.tags",
                at: entry.place
            )
        }
        let window = AccessRule.untaggedDefault.within
        if engine == nil, keep.accessed == nil, !keep.isEmpty, let history = context.history,
            history < window
        {
            entry.reading.warn(
                "\(entry.path): without an accessed rule untagged manifests are kept for \(window) "
                    + "after an access, which history (\(history)) can't tell, so all are kept; "
                    + "raise history to at least \(window), or add keep.accessed",
                at: entry.place
            )
        }
    }

    private static func classes(_ entry: SettingsEntry) -> Set<AccessClass>? {
        let words = [AccessClass.pull, .resolve, .push].map(\.rawValue)
        let chosen = entry.items { $0.choice(words).flatMap(AccessClass.init) }
        return chosen.map { Set($0) }
    }

    private static func untaggedAfter(_ entry: SettingsEntry) -> Span? {
        entry.section(SettingsShape(keys: ["after"]))?["after"]?.span(allowsZero: true)
    }

    private static func mode(_ entry: SettingsEntry) -> Mode? {
        entry.choice([Mode.observe.rawValue, Mode.enforce.rawValue]).flatMap { Mode(rawValue: $0) }
    }
}

extension Policy.Keep {
    private static let shape = SettingsShape(
        keys: ["accessed", "pushed", "newest", "tags", "labels", "semver"]
    )

    /// Reads `none`, or rules.
    fileprivate static func parse(
        _ entry: SettingsEntry,
        _ context: SettingsContext
    ) -> Policy.Keep? {
        if let word = entry.plainText {
            if word == "none" { return Policy.Keep(isNone: true) }
            entry.refuse(
                "\(Excerpt.of(word)) is not a rule; write rules such as { newest: 3 }, or none"
            )
            return nil
        }
        guard let section = entry.section(shape) else { return nil }
        return Policy.Keep(
            accessed: section["accessed"].flatMap { Policy.AccessRule.parse($0, context) },
            pushedWithin: section["pushed"].flatMap { pushedWithin($0, context) },
            newest: section["newest"]?.count(atLeast: 1),
            tags: section["tags"]?.items { $0.tagPattern() } ?? [],
            labels: section["labels"]?.items { $0.labelPattern() } ?? [],
            versions: section["semver"].flatMap { Policy.VersionRule.parse($0) }
        )
    }

    /// Reads the time a push protects; none at all is legal, but has to be written.
    private static func pushedWithin(
        _ entry: SettingsEntry,
        _ context: SettingsContext
    ) -> Span? {
        entry.section(SettingsShape(keys: ["within"]))?.required("within")
            .flatMap { context.window($0, allowsZero: true) }
    }
}

extension Policy.VersionRule {
    /// Reads how many majors, and minors of each, are kept; what is left out has no limit.
    fileprivate static func parse(_ entry: SettingsEntry) -> Policy.VersionRule? {
        let shape = SettingsShape(keys: ["majors", "minors"])
        guard let section = entry.section(shape) else { return nil }
        guard shape.keys.contains(where: section.mentions) else {
            entry.refuse("says nothing; write { majors: 2, minors: 3 }, or one of both")
            return nil
        }
        return Policy.VersionRule(
            majors: section["majors"]?.count(atLeast: 1),
            minors: section["minors"]?.count(atLeast: 1)
        )
    }
}

extension Policy.AccessRule {
    fileprivate static func parse(
        _ entry: SettingsEntry,
        _ context: SettingsContext
    ) -> Policy.AccessRule? {
        guard let section = entry.section(SettingsShape(keys: ["atLeast", "within"])) else {
            return nil
        }
        let atLeast = section.value("atLeast", default: 1) { $0.count(atLeast: 1) }
        let asking = context.asking(atLeast: atLeast)
        let within = section.required("within").flatMap { asking.window($0) }
        guard let atLeast, let within else { return nil }
        return Policy.AccessRule(atLeast: atLeast, within: within)
    }
}

extension Policy.Brake {
    /// Reads a brake; `items: 0` makes every plan wait for approval.
    fileprivate static func parse(_ entry: SettingsEntry) -> Policy.Brake? {
        let shape = SettingsShape(keys: ["items", "share", "bytes", "regrets"])
        guard let section = entry.section(shape) else { return nil }
        return Policy.Brake(
            items: section["items"]?.count(atLeast: 0),
            share: section["share"]?.percent(),
            bytes: section["bytes"]?.percent(),
            regrets: section["regrets"]?.count(atLeast: 1)
        )
    }
}
