package import AccessLedger
import RegistryClients
package import RegistryModel
package import RetentionPlanning

/// Answers why an image of an engine is kept, would go, or is gone.
///
/// Of what is there the engine itself is asked; what runs have removed, the ledger knows.
package struct EngineExplainer: Sendable {
    let ledger: Ledger
    let policies: [Policy]
    let now: @Sendable () -> Timestamp

    package init(
        ledger: Ledger,
        policies: [Policy],
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.ledger = ledger
        self.policies = policies
        self.now = now
    }

    /// Explains the image that an engine calls `name`; nil where it has none, and no run removed one.
    ///
    /// That is a name as `docker images` writes it, or an id. Where the engine can't be asked, and the
    /// ledger knows nothing of it, `EngineError` is thrown.
    package func explain(
        _ name: String,
        of target: EngineTarget
    ) async throws -> Explainer.Answer? {
        let present: Explainer.Answer?
        do {
            present = try await explainPresent(name, target)
        } catch {
            guard let gone = try await explainGone(name, target) else { throw error }
            return gone
        }
        if let present { return present }
        return try await explainGone(name, target)
    }

    private func explainPresent(
        _ name: String,
        _ target: EngineTarget
    ) async throws -> Explainer.Answer? {
        guard let found = try await target.client.image(name) else { return nil }
        let images = try await target.client.images(all: true)
        guard let image = images.first(where: { $0.id == found.id }) else { return nil }
        let inventory = EngineInventory(
            usage: EngineUsage(images: images, containers: [], volumes: [], cache: []),
            images: images,
            containers: try await target.client.containers()
        )
        let uses = try await ledger.uses(of: target.row)
        let use = uses[image.id]
        var planner = EnginePlanner(inventory, of: target.row, now: now())
        let own = policies.filter { $0.engine == target.name }
        let explanation = planner.explain(image, uses, own)
        var answer = Explainer.Answer(
            image: name,
            digest: Digest(image.id),
            verdict: explanation.isRemoval ? "remove" : "keep",
            reason: explanation.reason,
            detail: explanation.detail,
            rules: explanation.rules,
            lastAccess: use?.lastKnown,
            accesses: use?.uses ?? 0,
            coveredSince: use?.firstSeen
        )
        answer.engine = target.name
        answer.policy = explanation.policy
        return answer
    }

    private func explainGone(
        _ name: String,
        _ target: EngineTarget
    ) async throws -> Explainer.Answer? {
        guard let removal = try await removal(of: name, from: target) else { return nil }
        let item = removal.item
        var answer = Explainer.Answer(
            image: name,
            digest: Digest(item.subject),
            verdict: "gone",
            reason: item.reason,
            detail: "removed by run \(removal.run) (\(removal.cause)"
                + "\(item.policy.map { ", policy \($0)" } ?? ""))"
                + (item.why.isEmpty ? "" : ": \(item.why)"),
            rules: [],
            lastAccess: item.uses > 0 ? item.lastUse : nil,
            accesses: item.uses,
            coveredSince: nil
        )
        answer.engine = target.name
        answer.run = removal.run
        answer.cause = removal.cause
        answer.policy = item.policy
        answer.removedAt = removal.at
        answer.isRestorable = false
        answer.restore = Restorer.wayBack(of: item).detail
        return answer
    }

    /// What removed the image that an engine called `name`; nil where no run did.
    package func removal(
        of name: String,
        from target: EngineTarget
    ) async throws -> EngineRemoval? {
        try await ledger.lastRemoval(
            ofImage: EngineImage.likelyNames(of: name),
            id: EngineImage.likelyID(name),
            from: target.row
        )
    }
}

extension EngineUse {
    /// The last use that somebody saw; nil where the image was only found to be there.
    fileprivate var lastKnown: Timestamp? { uses > 0 || lastUse > firstSeen ? lastUse : nil }
}

extension EngineImage {
    /// The names by which engines may list what somebody calls `name`: without a tag it is `latest`,
    /// and Docker leaves its own registry out, which Podman names.
    static func likelyNames(of name: String) -> [String] {
        let hasEnd = name.contains("@") || parts(of: name).tag != nil
        let whole = hasEnd ? name : "\(name):latest"
        let hub = ["docker.io/library/", "docker.io/", "localhost/"]
        return [whole] + hub.filter(whole.hasPrefix).map { String(whole.dropFirst($0.count)) }
            + hub.map { $0 + whole }
    }

    /// What the id begins with that somebody may mean by `name`; nil where it is none.
    static func likelyID(_ name: String) -> String? {
        let prefix = "sha256:"
        let hex = name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name[...]
        guard (12...64).contains(hex.utf8.count),
            hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return prefix + hex
    }
}
