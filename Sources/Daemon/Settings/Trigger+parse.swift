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
        let clean = section["clean"].flatMap { targets($0) }
        guard let measure = MeasureReader(section: section, context: context).measure() else {
            return nil
        }
        return Trigger(
            name: name,
            registry: registry,
            repositories: repositories ?? [],
            measure: measure,
            cooldown: cooldown ?? defaultCooldown,
            clean: clean ?? [.tags, .untagged]
        )
    }

    private static func targets(_ entry: SettingsEntry) -> Set<Target>? {
        let targets = entry.items { item -> Target? in
            guard let word = item.choice(Target.allCases.map(\.rawValue)) else { return nil }
            if word == Target.storage.rawValue {
                item.refuse("storage is not supported by this version yet; remove it")
            }
            return Target(rawValue: word)
        }
        return targets.map { Set($0) }
    }
}
