package import RegistryModel

/// What may be removed from the repositories it matches (design, section 5.3).
///
/// The first policy whose registry and repositories match an image decides about it.
package struct Policy: Sendable, Equatable {
    package enum Mode: String, Sendable {
        /// Plans are stored and announced; nothing is removed.
        case observe
        case enforce
    }

    /// Keeps what had at least this many counted accesses over the past `within`.
    package struct AccessRule: Sendable, Equatable {
        package var atLeast: Int
        package var within: Span

        package init(atLeast: Int, within: Span) {
            self.atLeast = atLeast
            self.within = within
        }

        /// What protects untagged manifests where a policy says nothing: clusters pin digests.
        package static let untaggedDefault = AccessRule(atLeast: 1, within: .days(7))
    }

    /// Keeps the newest patch of each of the newest minors of each of the newest majors.
    package struct VersionRule: Sendable, Equatable, CustomStringConvertible {
        /// Nil for all.
        package var majors: Int?
        /// Of each major; nil for all.
        package var minors: Int?

        package init(majors: Int?, minors: Int?) {
            self.majors = majors
            self.minors = minors
        }

        package func keeps(_ standing: VersionStanding) -> Bool {
            standing.newerMajors < majors ?? .max && standing.newerMinors < minors ?? .max
                && standing.newerPatches == 0
        }

        package var description: String {
            let ofMajors = majors.map { "the newest \($0) majors" } ?? "every major"
            let ofMinors = minors.map { "the newest \($0) minors" } ?? "every minor"
            return "the newest patch of \(ofMinors) of \(ofMajors)"
        }
    }

    /// What protects.
    ///
    /// An empty set of rules keeps everything, unless `isNone`.
    package struct Keep: Sendable, Equatable {
        package var accessed: AccessRule?
        /// Keeps what was pushed this recently; nil stands for the default of 24 hours.
        package var pushedWithin: Span?
        package var newest: Int?
        package var tags: [NamePattern]
        /// Keeps images, tagged or not, that have a label which one of these names.
        package var labels: [LabelPattern]
        package var versions: VersionRule?
        /// `keep: none`: spelt out, so that all may go.
        package var isNone: Bool

        package init(
            accessed: AccessRule? = nil,
            pushedWithin: Span? = nil,
            newest: Int? = nil,
            tags: [NamePattern] = [],
            labels: [LabelPattern] = [],
            versions: VersionRule? = nil,
            isNone: Bool = false
        ) {
            self.accessed = accessed
            self.pushedWithin = pushedWithin
            self.newest = newest
            self.tags = tags
            self.labels = labels
            self.versions = versions
            self.isNone = isNone
        }

        /// A fresh push is never removed, with or without a policy.
        package static let defaultPushedWithin = Span.hours(24)

        /// How long a regret counts where a policy does not look back: as for untagged manifests.
        package static let defaultRegretTime = AccessRule.untaggedDefault.within

        /// Whether there is not a single rule.
        package var isEmpty: Bool {
            accessed == nil && pushedWithin == nil && newest == nil && tags.isEmpty
                && labels.isEmpty && versions == nil && !isNone
        }
    }

    /// A plan over it waits for approval.
    package struct Brake: Sendable, Equatable {
        /// Removals per run.
        package var items: Int?
        /// Percent of a repository's tags, or of its untagged manifests, per run.
        package var share: Double?
        /// Percent of a registry's bytes that one sweep of its storage takes.
        package var bytes: Double?
        /// Regrets of late that pause the policy until an approval.
        package var regrets: Int?

        package init(
            items: Int? = nil,
            share: Double? = nil,
            bytes: Double? = nil,
            regrets: Int? = nil
        ) {
            self.items = items
            self.share = share
            self.bytes = bytes
            self.regrets = regrets
        }
    }

    package var name: String
    /// The registry it is for; nil for every one.
    package var registry: String?
    /// The engine it is for, and for no registry then; no policy without it is for an engine.
    package var engine: String?
    /// Which repositories; empty for all.
    package var repositories: [Glob]
    package var keep: Keep
    /// Which accesses count.
    package var count: Set<AccessClass>
    /// How long a manifest is without a tag before the sweep may take it.
    package var untaggedAfter: Span
    package var mode: Mode
    package var brake: Brake

    package init(
        name: String,
        registry: String? = nil,
        engine: String? = nil,
        repositories: [Glob] = [],
        keep: Keep = Keep(),
        count: Set<AccessClass> = defaultCount,
        untaggedAfter: Span = defaultUntaggedAfter,
        mode: Mode = .observe,
        brake: Brake = Brake()
    ) {
        self.name = name
        self.registry = registry
        self.engine = engine
        self.repositories = repositories
        self.keep = keep
        self.count = count
        self.untaggedAfter = untaggedAfter
        self.mode = mode
        self.brake = brake
    }

    /// How long a regret counts: as long as the policy looks back.
    package var regretTime: Span { keep.accessed?.within ?? Keep.defaultRegretTime }

    package static let defaultCount: Set<AccessClass> = [.pull, .resolve, .push]
    package static let defaultUntaggedAfter = Span.hours(1)

    /// Whether it may decide about anything of a registry.
    package func concerns(registry: String) -> Bool {
        engine == nil && (self.registry == nil || self.registry == registry)
    }

    package func matches(registry: String, repository: RepositoryName) -> Bool {
        guard engine == nil else { return false }
        if let own = self.registry, own != registry { return false }
        return repositories.isEmpty
            || repositories.contains { $0.matches(repository.description) }
    }
}

extension [Policy] {
    /// The policy that decides about a repository's images, or nil where none does.
    package func deciding(registry: String, repository: RepositoryName) -> Policy? {
        first { $0.matches(registry: registry, repository: repository) }
    }
}
