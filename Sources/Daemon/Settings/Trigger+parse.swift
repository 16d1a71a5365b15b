import RegistryModel
import RetentionPlanning

extension Trigger {
    static let shape = SettingsShape(
        keys: ["name", "registry", "repositories", "cooldown", "clean"]
            + MeasureReader.measures + MeasureReader.marks
    )

    static func parse(
        _ name: String,
        _ section: SettingsSection,
        _ context: SettingsContext
    ) -> Trigger? {
        let registry = section["registry"].flatMap { context.registry($0) }
        let repositories = section["repositories"]?.globs()
        let cooldown = section["cooldown"].flatMap { $0.span(allowsZero: true) }
        let clean = section["clean"].flatMap { targets($0, registry, context) }
        guard let measure = MeasureReader(section: section, context: context).measure() else {
            return nil
        }
        return Trigger(
            name: name,
            registry: registry,
            repositories: repositories ?? [],
            measure: measure,
            cooldown: cooldown ?? defaultCooldown,
            clean: clean ?? measure.standardTargets
        )
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
            guard let word = item.choice(Target.allCases.map(\.rawValue)) else { return nil }
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
}
