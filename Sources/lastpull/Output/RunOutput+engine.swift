import AccessLedger
import RegistryModel

// The items of a run in an engine (design, section 6.4), with keys of their own: `engine`, `id`,
// `names` and `size`.
extension RunOutput {
    static func item(_ item: EngineItem) -> JSONText {
        var object = JSONText()
        let image = item.kind == "image" ? item.names.first.map(Self.split) : nil
        object.add("accesses", Int64(item.uses))
        object.add("bytes", item.bytes)
        object.add("detail", item.detail)
        object.add("digest", item.kind == "image" ? item.subject : nil)
        object.add("digests", item.digests)
        object.add("engine", item.engine.name)
        object.add("id", item.subject)
        object.add("kind", item.kind)
        object.add("lastAccess", item.lastUse?.milliseconds)
        object.add("mode", item.isEnforced ? "enforce" : "observe")
        object.add("names", item.names)
        object.add("policy", item.policy)
        object.add("reason", item.reason)
        object.add("registry", String?.none)
        object.add("repository", image?.repository)
        object.add("size", item.size)
        object.add("state", item.state.rawValue)
        object.add("tag", image?.tag)
        object.add("verdict", "remove")
        object.add("why", item.why)
        return object
    }

    static func line(_ item: EngineItem) -> String {
        let state =
            item.detail.isEmpty ? item.state.rawValue : "\(item.state.rawValue): \(item.detail)"
        let short = item.subject.split(separator: ":").last.map { String($0.prefix(12)) } ?? ""
        let name = item.names.isEmpty ? short : item.names.joined(separator: " ")
        return "\(state)  \(item.kind)  \(name)  \(ByteCount(item.bytes))  \(item.reason)"
            + (item.why.isEmpty ? "" : ": \(item.why)")
    }

    /// The parts of an image's name such as `host:5000/team/api:1`.
    private static func split(_ name: String) -> (repository: String, tag: String?) {
        guard let colon = name.lastIndex(of: ":"),
            !name[colon...].contains("/")
        else { return (name, nil) }
        return (String(name[..<colon]), String(name[name.index(after: colon)...]))
    }
}
