import RegistryModel
import RetentionPlanning

/// A trigger that has fired: for what, and how much is needed.
struct Firing: Sendable, Equatable {
    var trigger: Trigger
    var registry: String
    /// Nil where the trigger measures the whole registry.
    var repository: RepositoryFacts?
    var measured: String
    var goal: Goal
    var needed: Int64
}

extension Trigger {
    /// Whether the trigger fires for one repository, and how much is needed there.
    func firing(for facts: RepositoryFacts) -> Firing? {
        guard matches(registry: facts.registry, repository: facts.name) else { return nil }
        func fire(_ measured: String, _ goal: Goal, _ needed: Int64) -> Firing {
            Firing(
                trigger: self,
                registry: facts.registry,
                repository: facts,
                measured: measured,
                goal: goal,
                needed: needed
            )
        }
        switch measure {
        case .repositoryBytes(let above, let until) where facts.bytes > above.bytes:
            let needed = facts.bytes - until.bytes
            return fire("\(facts.bytes) bytes", .release(bytes: needed), needed)
        case .tags(let above, let until) where facts.tags > above:
            let needed = facts.tags - until
            return fire("\(facts.tags) tags", .tags(count: needed), Int64(needed))
        case .untagged(let above, let until) where facts.untagged > above:
            let needed = facts.untagged - until
            return fire("\(facts.untagged) untagged", .untagged(count: needed), Int64(needed))
        case .untaggedBytes(let above, let until) where facts.untaggedBytes > above.bytes:
            let needed = facts.untaggedBytes - until.bytes
            return fire("\(facts.untaggedBytes) untagged bytes", .release(bytes: needed), needed)
        case .pushes(let count) where facts.pushes >= count:
            return fire("\(facts.pushes) pushes", .everything, 0)
        default:
            return nil
        }
    }

    /// Whether it is measured for each repository by itself.
    var isPerRepository: Bool {
        switch measure {
        case .repositoryBytes, .tags, .untagged, .untaggedBytes, .pushes: true
        case .volume, .registryBytes, .engineBytes, .every: false
        }
    }

    /// What is to be looked for: tags do not help against untagged manifests, nor the other way.
    var planningTargets: Set<Target> {
        switch measure {
        case .tags: clean.intersection([.tags])
        case .untagged, .untaggedBytes: clean.intersection([.untagged])
        case .volume, .registryBytes, .repositoryBytes, .engineBytes, .pushes, .every: clean
        }
    }
}
