import Foundation
package import RegistryModel

/// Which events a client wants, as Docker's `filters` say it.
///
/// All keys must match, and of each key at least one value; a key without values matches all.
package struct EventFilter: Sendable, Equatable {
    private let wanted: [String: Set<String>]

    /// Wants all.
    package static let everything = EventFilter(lists: [:])

    /// Takes values by key; keys that are not known match nothing.
    package init(lists: [String: [String]]) { wanted = lists.mapValues { Set($0) } }

    /// Reads `{"event":["prune"]}`, or the older `{"event":{"prune":true}}`; nothing wants all.
    ///
    /// - Throws: `EventRefusal` for what is neither, and for a key that is not known.
    package init(_ text: String) throws(EventRefusal) {
        guard !text.isEmpty else {
            self = .everything
            return
        }
        guard let lists = Self.lists(Data(text.utf8)) else {
            throw .badRequest(#"filters are not understood: send them as {"event":["prune"]}"#)
        }
        if let key = lists.keys.sorted().first(where: {
            !Self.keys.contains($0) && !Self.dockersKeys.contains($0)
        }) {
            let known = Self.keys.sorted().joined(separator: ", ")
            throw .badRequest("invalid filter '\(key)': use \(known)")
        }
        self.init(lists: lists)
    }

    private static func lists(_ data: Data) -> [String: [String]]? {
        if let lists = try? JSONDecoder().decode([String: [String]].self, from: data) {
            return lists
        }
        let older = try? JSONDecoder().decode([String: [String: Bool]].self, from: data)
        // Docker reads the names and never the truth values.
        return older?.mapValues { Array($0.keys) }
    }

    package func matches(_ event: PruneEvent) -> Bool {
        wanted.allSatisfy { key, values in
            values.isEmpty || values.contains { Self.matches(event, key, $0) }
        }
    }

    private static func matches(_ event: PruneEvent, _ key: String, _ value: String) -> Bool {
        switch key {
        case "type": return event.type == value
        case "event": return event.action == value
        case "scope": return DockerEvent.scope == value
        case "image":
            let key = event.type == "image" ? "name" : "image"
            let names = [event.actor, event.attributes[key, default: ""]]
            return names.contains { $0 == value || Self.withoutTag($0) == value }
        case let key where dockersKeys.contains(key):
            // Docker looks at the beginning of any event's id and name, whatever it is about.
            return event.actor.hasPrefix(value)
                || event.attributes["name", default: ""].hasPrefix(value)
        case "label":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, let found = event.attributes[String(name)] else {
                return false
            }
            return parts.count == 1 || found == parts[1]
        default: return event.attributes[key] == value
        }
    }

    /// An image's name as Docker strips it for `image`.
    private static func withoutTag(_ name: String) -> Substring {
        let last = name.lastIndex(of: "/") ?? name.startIndex
        guard let colon = name[last...].lastIndex(of: ":") else { return name[...] }
        return name[..<colon]
    }

    /// Docker's keys for what it has and a registry does not; taken, as a client may send any.
    private static let dockersKeys: Set<String> = [
        "config", "container", "daemon", "image", "network", "node", "plugin", "scope", "secret",
        "service", "volume",
    ]

    /// Docker's own that mean something here, and the attributes of every event.
    package static let keys: Set<String> = [
        "event", "label", "policy", "registry", "run", "trigger", "type",
    ]
}
