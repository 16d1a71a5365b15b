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

    /// Whether one of the lists names `access`.
    ///
    /// What an access does not say is never matched, not even by `**`: without a name there is no
    /// reason to leave it out, and what is counted is kept.
    package func ignores(_ access: Access) -> Bool {
        Self.isMatch(access.userAgent, userAgents)
            || Self.isMatch(access.actor, actors)
            || isFromIgnoredNetwork(access)
    }

    private func isFromIgnoredNetwork(_ access: Access) -> Bool {
        guard !networks.isEmpty, let text = access.address, let address = IPAddress(text) else {
            return false
        }
        return networks.contains { $0.contains(address) }
    }

    private static func isMatch(_ text: String?, _ patterns: [Glob]) -> Bool {
        guard let text else { return false }
        return patterns.contains { $0.matches(text) }
    }
}
