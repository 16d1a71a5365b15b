import RegistryModel
import RetentionPlanning

extension Trigger {
    static let shape = SettingsShape(
        keys: ["name", "registry", "engine", "repositories", "cooldown", "clean"]
            + MeasureReader.measures + MeasureReader.marks
    )

    static func parse(
        _ name: String,
        _ section: SettingsSection,
        _ context: SettingsContext
    ) -> Trigger? {
        let registry = section["registry"].flatMap { context.registry($0) }
        let engine = section["engine"].flatMap { context.engine($0) }
        if section.mentions("engine") {
            section["registry"]?.refuse("does not go with engine; make two triggers of it")
            section["repositories"]?.refuse(
                "does not go with engine; write them into a policy with that engine"
            )
        }
        let repositories = section["repositories"]?.repositoryGlobs()
        let cooldown = section["cooldown"].flatMap { $0.span(allowsZero: true) }
        let clean = section["clean"].flatMap {
            section.mentions("engine") ? engineTargets($0) : targets($0, registry, context)
        }
        guard let measure = MeasureReader(section: section, context: context).measure() else {
            return nil
        }
        if let clean, let entry = section["clean"] { measure.checkUse(clean, entry) }
        return Trigger(
            name: name,
            registry: registry,
            engine: engine,
            repositories: repositories ?? [],
            measure: measure,
            cooldown: cooldown ?? defaultCooldown,
            clean: clean ?? (engine == nil ? measure.standardTargets : Target.ofEngine)
        )
    }

    private static func engineTargets(_ entry: SettingsEntry) -> Set<Target>? {
        entry.items { $0.choice(Target.ofEngine.map(\.rawValue).sorted()).flatMap(Target.init) }
            .map { Set($0) }
    }

    private static func targets(
        _ entry: SettingsEntry,
        _ registry: String?,
        _ context: SettingsContext
    ) -> Set<Target>? {
        let hasStorage =
            registry.map { context.registries[$0] != false }
            ?? (!context.knowsAllRegistries || context.registries.values.contains(true))
        let targets = entry.items { item -> Target? in
            let words = Target.allCases.filter { !Target.ofEngine.contains($0) }.map(\.rawValue)
            guard let word = item.choice(words) else { return nil }
            if word == Target.storage.rawValue, !hasStorage {
                item.refuse("storage can't be swept without one; give the registry its storage")
            }
            return Target(rawValue: word)
        }
        return targets.map { Set($0) }
    }
}

extension Trigger.Measure {
    /// What is cleaned where nothing is said: a full disk is helped only by what goes from it.
    fileprivate var standardTargets: Set<Trigger.Target> {
        if case .volume = self { return [.tags, .untagged, .storage] }
        return [.tags, .untagged]
    }

    /// Refuses what can be cleaned for ever and never bring a count down to its mark: images would go
    /// that the count is not about, one after the other.
    ///
    /// A sweep of the disk alone takes what no image needs, however often it comes; that is pointed
    /// out, and no reason not to start.
    fileprivate func checkUse(_ clean: Set<Trigger.Target>, _ entry: SettingsEntry) {
        let (key, target): (String, Trigger.Target)
        switch self {
        case .tags: (key, target) = ("tags", .tags)
        case .untagged: (key, target) = ("untagged", .untagged)
        case .untaggedBytes: (key, target) = ("untaggedBytes", .untagged)
        default: return
        }
        // What could not be read is refused already.
        guard !clean.isEmpty, !clean.contains(target) else { return }
        let useless = "never brings \(key) down"
        guard clean == [.storage] else {
            return entry.refuse("\(useless); add \(target.rawValue), or remove the key")
        }
        entry.reading.warn(
            "\(entry.path): \(useless), so the disk is swept again and again above the mark; add "
                + "\(target.rawValue), or measure the disk with volume",
            at: entry.place
        )
    }
}
