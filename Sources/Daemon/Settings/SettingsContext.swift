import RegistryModel

/// What policies and triggers are checked against: the rest of the file.
struct SettingsContext {
    /// Every registry by its name as written, and whether it has a storage folder.
    var registries: [String: Bool]
    /// False when a registry's name could not be read: then nothing can be said about a name that
    /// is missing.
    var knowsAllRegistries: Bool
    /// Every engine by its name as written.
    var engines: Set<String> = []
    /// The same of engines.
    var knowsAllEngines = true
    /// Nil when it could not be read.
    var history: Span?
    /// Those of the registries that tell the last pull of a tag themselves, however long ago.
    var telling: Set<String> = []
    /// The registry of the part that is read, as written; nil for every one.
    var own: String?

    /// Reads the name of a registry that must be there.
    func registry(_ entry: SettingsEntry) -> String? {
        guard let name = entry.text() else { return nil }
        if knowsAllRegistries, registries[name] == nil {
            let advice = KeySuggestion.advice(for: name, among: registries.keys.sorted())
            entry.refuse("no registry is named \(Excerpt.of(name)); \(advice)")
        }
        return name
    }

    /// Reads the name of an engine that must be there.
    func engine(_ entry: SettingsEntry) -> String? {
        guard let name = entry.text() else { return nil }
        if knowsAllEngines, !engines.contains(name) {
            let advice = KeySuggestion.advice(for: name, among: engines.sorted())
            entry.refuse("no engine is named \(Excerpt.of(name)); \(advice)")
        }
        return name
    }

    /// Reads how far back a rule looks; what the ledger has forgotten can't be asked.
    func window(_ entry: SettingsEntry, allowsZero: Bool = false) -> Span? {
        guard let span = entry.span(allowsZero: allowsZero) else { return nil }
        if let history, span > history {
            entry.refuse(
                "\(span) is longer than history (\(history)); raise history to at least \(span)"
            )
        }
        return span
    }
}

extension SettingsContext {
    /// The context of a rule that asks for one access at a registry that tells of the last pull
    /// itself: it may look back further than the ledger.
    func asking(atLeast: Int?) -> SettingsContext {
        let isTold = own.map(telling.contains) ?? (telling == Set(registries.keys))
        guard isTold, !telling.isEmpty, atLeast == 1 else { return self }
        var context = self
        context.history = nil
        return context
    }
}

extension SettingsSection {
    /// Reads a list of parts that have a `name` of their own, each by `read`.
    func named<Item>(
        _ key: String,
        _ shape: SettingsShape,
        _ read: (String, SettingsSection) -> Item
    ) -> [Item] {
        guard let entries = self[key]?.list() else { return [] }
        var lines: [String: Int] = [:]
        return entries.compactMap { entry in
            guard let section = entry.section(shape) else { return nil }
            return read(section.name(besides: &lines), section)
        }
    }

    /// The section's `name` as written, which none before may have; empty when there is none.
    private func name(besides lines: inout [String: Int]) -> String {
        guard let entry = required("name"), let name = entry.text() else { return "" }
        if let line = lines[name] {
            entry.refuse("\(Excerpt.of(name)) is taken in line \(line); choose another name")
        } else if name.wholeMatch(of: /[a-z0-9][a-z0-9._\-]*/) == nil {
            entry.refuse(
                "\(Excerpt.of(name)) is not a name; use a-z, 0-9, dots, dashes and underscores, "
                    + "and begin with a letter or digit"
            )
        }
        lines[name] = lines[name] ?? entry.place.line
        return name
    }
}
