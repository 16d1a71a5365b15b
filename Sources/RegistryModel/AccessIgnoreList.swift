/// Accesses that say nothing about use: those of scanners, mirrors and the like (design,
/// section 5.1).
package struct AccessIgnoreList: Sendable, Equatable {
    package var userAgents: [Glob]
    package var actors: [Glob]
    package var networks: [Network]

    package init(userAgents: [Glob] = [], actors: [Glob] = [], networks: [Network] = []) {
        // A slash in a user agent separates no folders: `trivy/*` means all that follows.
        self.userAgents = userAgents.map { Glob($0.description, isPath: false) }
        self.actors = actors.map { Glob($0.description, isPath: false) }
        self.networks = networks
    }

    package var isEmpty: Bool { userAgents.isEmpty && actors.isEmpty && networks.isEmpty }

    /// Whether one of the lists names `access`.
    ///
    /// What an access does not say is never matched, not even by `**`: without a name there is no
    /// reason to leave it out, and what is counted is kept.
    package func ignores(_ access: Access) -> Bool { rule(for: access) != nil }

    /// The first rule that names `access`; nil where none does.
    package func rule(for access: Access) -> Rule? {
        if let index = Self.match(access.userAgent, userAgents) { return .userAgent(index) }
        if let index = Self.match(access.actor, actors) { return .actor(index) }
        guard !networks.isEmpty, let text = access.address, let address = IPAddress(text) else {
            return nil
        }
        return networks.firstIndex { $0.contains(address) }.map(Rule.network)
    }

    /// One of the patterns, by its place in its list.
    package enum Rule: Hashable, Sendable {
        case userAgent(Int)
        case actor(Int)
        case network(Int)
    }

    /// A rule as the settings have it, `ignoreAccess.networks 10.9.0.0/16`.
    package func name(of rule: Rule) -> String {
        switch rule {
        case .userAgent(let index): "ignoreAccess.userAgents \(userAgents[index])"
        case .actor(let index): "ignoreAccess.actors \(actors[index])"
        case .network(let index): "ignoreAccess.networks \(networks[index])"
        }
    }

    /// The names of all rules.
    package var ruleNames: [String] {
        userAgents.indices.map { name(of: .userAgent($0)) }
            + actors.indices.map { name(of: .actor($0)) }
            + networks.indices.map { name(of: .network($0)) }
    }

    private static func match(_ text: String?, _ patterns: [Glob]) -> Int? {
        guard let text, !patterns.isEmpty else { return nil }
        return patterns.firstIndex { $0.matches(text) }
    }
}
