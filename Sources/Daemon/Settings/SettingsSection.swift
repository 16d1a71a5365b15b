import Yams

/// The keys that a part of the settings file may have.
struct SettingsShape {
    var keys: [String]
    /// Keys of the design that this version does not obey yet: accepting them would promise it.
    var later: [String] = []
}

/// A part of the settings file: its keys, all of them known, with their values.
struct SettingsSection {
    let entry: SettingsEntry
    private let values: [String: SettingsEntry]
    /// Keys that are not there, but that an unknown one was probably meant to be.
    private let misspelt: Set<String>

    fileprivate init(
        entry: SettingsEntry,
        values: [String: SettingsEntry],
        misspelt: Set<String>
    ) {
        self.entry = entry
        self.values = values
        self.misspelt = misspelt
    }

    subscript(key: String) -> SettingsEntry? { values[key] }

    /// Whether the key is there, or something that was meant to be it: one mistake is then
    /// reported already, and must not lead to a second complaint.
    func mentions(_ key: String) -> Bool { values[key] != nil || misspelt.contains(key) }

    /// The value of a key that must be there.
    func required(_ key: String) -> SettingsEntry? {
        if !mentions(key) { entry.refuse("\(key) is missing; add it") }
        return values[key]
    }

    /// The value of a key, or its default where it is left out; nil when it could not be read.
    func value<Value>(
        _ key: String,
        default standard: Value,
        _ read: (SettingsEntry) -> Value?
    ) -> Value? {
        guard let entry = values[key] else { return misspelt.contains(key) ? nil : standard }
        return read(entry)
    }
}

extension SettingsEntry {
    /// Reads a mapping with the keys of `shape`; every other key and every repetition is refused.
    func section(_ shape: SettingsShape) -> SettingsSection? {
        guard case .mapping(let mapping) = node else {
            let keys = shape.keys.joined(separator: ", ")
            if refuseNull() { refuse("is \(kind), but wants keys: \(keys)") }
            return nil
        }
        var values: [String: SettingsEntry] = [:]
        var misspelt: Set<String> = []
        var lines: [String: Int] = [:]
        for (keyNode, value) in mapping {
            guard let key = self.key(keyNode) else { continue }
            let entry = child(key, at: keyNode)
            guard !entry.refuseRepetition(of: key, in: &lines) else { continue }
            if shape.keys.contains(key) {
                values[key] = child(key, at: value)
            } else if shape.later.contains(key) {
                entry.refuse("is not supported by this version yet; remove it")
            } else {
                entry.refuse("unknown key; \(KeySuggestion.advice(for: key, among: shape.keys))")
                KeySuggestion.nearest(to: key, among: shape.keys).map { _ = misspelt.insert($0) }
            }
        }
        return SettingsSection(entry: self, values: values, misspelt: misspelt)
    }

    /// Reads a mapping whose keys are the operator's own, in the order of the file.
    func entries() -> [(key: String, value: SettingsEntry)] {
        guard case .mapping(let mapping) = node else {
            if refuseNull() { refuse("is \(kind), but wants names, each with a value") }
            return []
        }
        var lines: [String: Int] = [:]
        return mapping.compactMap { keyNode, value in
            guard let key = self.key(keyNode),
                !child(key, at: keyNode).refuseRepetition(of: key, in: &lines)
            else { return nil }
            return (key, child(key, at: value))
        }
    }

    private func key(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node else {
            child("?", at: node).refuse("a key must be a word; check brackets and indentation")
            return nil
        }
        return reading.document.key(scalar.string)
    }

    private func child(_ key: String, at node: Node) -> SettingsEntry {
        let name = Excerpt.of(key)
        return SettingsEntry(
            node: node,
            path: path.isEmpty ? name : "\(path).\(name)",
            reading: reading
        )
    }

    /// Reports a key that was there before, and remembers the line of one that was not.
    private func refuseRepetition(of key: String, in lines: inout [String: Int]) -> Bool {
        guard let line = lines[key] else {
            lines[key] = place.line
            return false
        }
        refuse("is there twice, first in line \(line); keep one")
        return true
    }
}

/// Words of the settings file inside a message.
enum Excerpt {
    /// The text in one short line without control characters.
    static func of(_ text: some StringProtocol) -> String {
        let shown = text.unicodeScalars.prefix(longest).map { scalar in
            scalar.properties.generalCategory == .control ? "?" : String(scalar)
        }
        return shown.joined() + (text.unicodeScalars.count > longest ? "…" : "")
    }

    /// Enough to find the place by eye.
    private static let longest = 60
}
