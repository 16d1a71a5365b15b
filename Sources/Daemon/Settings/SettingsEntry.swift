import Yams

/// A value in the settings file, with the path of keys that leads to it.
///
/// What reads it as some type returns nil when it is none, after reporting so: a caller goes on
/// with the rest, so that every problem is found in one reading.
struct SettingsEntry {
    let node: Node
    /// Keys and list positions (counted from 0), `policies[0].keep.newest`; empty for the whole.
    let path: String
    let reading: SettingsReading

    var place: SettingsPlace { node.mark.map(SettingsPlace.init) ?? .start }

    /// Reports a problem of this value, under its path.
    func refuse(_ message: String) {
        reading.refuse("\(path.isEmpty ? "settings" : path): \(message)", at: place)
    }

    /// Whether the key has nothing behind it, or `null`.
    var isNull: Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// The text without complaint, where it is one.
    var plainText: String? {
        guard case .scalar(let scalar) = node, !isNull else { return nil }
        return scalar.string
    }

    /// Reads one value, as it is written: `1.10` and `yes` are text here, not a number and a word
    /// for true.
    func text() -> String? {
        guard case .scalar(let scalar) = node else {
            refuse("is \(kind), but wants a single value")
            return nil
        }
        guard refuseNull() else { return nil }
        guard Self.textTags.contains(scalar.tag.rawValue) else {
            refuse("has a YAML tag (\(scalar.tag.rawValue)); write the value alone")
            return nil
        }
        guard !scalar.string.isEmpty else {
            refuse("is empty; write a value, or remove the key")
            return nil
        }
        guard scalar.string.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            refuse("holds a control character or a line break; write one line of text")
            return nil
        }
        return scalar.string
    }

    /// Reads a list, which may be empty.
    func list() -> [SettingsEntry]? {
        guard case .sequence(let sequence) = node else {
            if refuseNull() { refuse("is \(kind), but wants a list, such as [a, b]") }
            return nil
        }
        return sequence.enumerated().map { index, item in
            SettingsEntry(node: item, path: "\(path)[\(index)]", reading: reading)
        }
    }

    /// How many items the list has; nil where there is no list.
    var itemCount: Int? {
        guard case .sequence(let sequence) = node else { return nil }
        return sequence.count
    }

    var isMapping: Bool {
        if case .mapping = node { return true }
        return false
    }

    /// Returns false, after reporting it, when the key has nothing behind it.
    func refuseNull() -> Bool {
        guard isNull else { return true }
        refuse("has no value; write one, or remove the key")
        return false
    }

    /// What stands there, for people.
    var kind: String {
        switch node {
        case .mapping: "a mapping of keys"
        case .sequence: "a list"
        case .scalar, .alias: "a single value"
        }
    }

    /// The tags that plain and quoted text has; any other was written by hand.
    private static let textTags = ["", "!", "tag:yaml.org,2002:str"]
}
