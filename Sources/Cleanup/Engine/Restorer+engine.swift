package import AccessLedger
import RegistryModel

extension Restorer {
    /// What a run took from an engine: nothing of it can be put back, but images can be pulled again.
    package static func wayBack(of run: RunRecord) throws(CleanupError) -> [Result] {
        let done = run.engine.filter { $0.state == .done }
        guard !done.isEmpty else { throw .nothingToRestore("run \(run.name)") }
        return done.map(wayBack)
    }

    /// How one thing comes back that a run took from an engine.
    package static func wayBack(of item: EngineItem) -> Result {
        let name = item.names.isEmpty ? item.subject : item.names.joined(separator: " ")
        return Result(
            registry: item.engine.name,
            repository: nil,
            tag: nil,
            digest: item.kind == "image" ? Digest(item.subject) : nil,
            subject: "\(item.kind) \(name)",
            state: .failed,
            detail: detail(of: item)
        )
    }

    private static func detail(of item: EngineItem) -> String {
        let none = "engine \(item.engine.name) keeps no copy"
        switch item.kind {
        case "image":
            // Podman's name for what no registry has.
            guard let pulled = item.digests.first(where: { !$0.hasPrefix("localhost/") }) else {
                return "\(none), and no registry is known to have it; build it again"
            }
            let pull = "pull it again, if the registry still has it: \(pulled)"
            guard let tag = item.names.first else { return "\(none); \(pull)" }
            return "\(none); \(pull), then tag it \(tag)"
        case "container": return "\(none); start one from its image again"
        case "volume": return "\(none); its data is gone, unless there is a backup"
        case "network": return "\(none); create it again, or let compose do it"
        default: return "\(none); the next build makes it again"
        }
    }
}
