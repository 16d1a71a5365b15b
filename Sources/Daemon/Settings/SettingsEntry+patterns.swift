import RegistryModel
import RetentionPlanning

// Patterns that can match nothing are refused: in `keep` they would protect nothing, and in
// `repositories` leave images to another policy, perhaps a laxer one.
extension SettingsEntry {
    /// Reads a pattern of tags: a glob, or a regular expression between slashes.
    func tagPattern() -> NamePattern? {
        guard let text = text() else { return nil }
        let isExpression = text.count > 2 && text.hasPrefix("/") && text.hasSuffix("/")
        if !isExpression, let fault = Self.fault(ofTag: text) {
            refuse("\(Excerpt.of(text)) matches no tag, for \(fault)")
            return nil
        }
        guard let pattern = NamePattern(text) else {
            refuse("\(Excerpt.of(text)) is not a regular expression; check its brackets")
            return nil
        }
        return pattern
    }

    /// Reads globs of repositories; those of an engine are as it writes them, perhaps with a host.
    func repositoryGlobs(ofEngine: Bool = false) -> [Glob]? {
        items { entry in
            guard let text = entry.text() else { return nil }
            let fault = ofEngine ? Self.fault(ofEngine: text) : Self.fault(ofRepository: text)
            guard let fault else { return Glob(text) }
            entry.refuse("\(Excerpt.of(text)) matches no repository, for \(fault)")
            return nil
        }
    }

    // MARK: Faults

    private static func fault(ofTag text: String) -> String? {
        let example = Glob(text).example
        guard TagName(example) == nil else { return nil }
        guard let wrong = example.first(where: { !TagName.mayHold($0) }) else {
            return example.count > longestTag
                ? "tags have at most \(longestTag) characters; write a shorter one"
                : "tags begin with a letter, a digit or _; put a * before it"
        }
        switch wrong {
        case "/":
            return "tags have no slash; "
                + "write a glob such as v*, or a regular expression such as /^v[0-9]+$/"
        case ",", " ":
            return "tags hold no \(shown(wrong)); write each pattern as an item of its own"
        case "!": return "tags hold no !; patterns say what stays, so name just that"
        case ":", "@": return "tags hold no \(wrong); write the tag alone"
        default:
            return "tags hold letters, digits, _, . and - only, not \(shown(wrong)); a glob has "
                + "just * and ?, for more write a regular expression such as /^v[0-9]+$/"
        }
    }

    private static func fault(ofRepository text: String) -> String? {
        let example = Glob(text).example
        guard RepositoryName(example) == nil else { return nil }
        if RepositoryName(example.lowercased()) != nil {
            return "names are in lower case; write \(Excerpt.of(text.lowercased()))"
        }
        if let slash = slashFault(text) { return slash }
        guard let wrong = example.first(where: { !RepositoryName.mayHold($0) && $0 != "/" }) else {
            return "names have letters or digits on both sides of each ., _, - and /; "
                + "write one such as team/api, or team/**"
        }
        return characterFault(wrong, "lower-case letters, digits, ., _, - and /")
    }

    /// Docker and Podman write `HOST:PORT/` before a name, where a host may have capitals.
    private static func fault(ofEngine text: String) -> String? {
        if let slash = slashFault(text) { return slash }
        let wrong = Glob(text).example.first { character in
            let isKnown = ":/[]".contains(character) || TagName.mayHold(character)
            return !isKnown
        }
        return wrong.map { characterFault($0, "letters, digits, ., _, -, : and /") }
    }

    private static func slashFault(_ text: String) -> String? {
        guard text.hasPrefix("/") || text.hasSuffix("/") else { return nil }
        return "names neither begin nor end with a slash; write a glob such as team/**"
    }

    private static func characterFault(_ wrong: Character, _ allowed: String) -> String {
        let said = "names hold \(allowed) only, not \(shown(wrong)); "
        switch wrong {
        case ",", " ", "{", "}": return said + "write each name as an item of its own"
        case "!": return said + "the first policy that matches decides, so put exceptions before it"
        case ":", "@": return said + "write it without host, tag and digest"
        default: return said + "a glob has just *, ** and ?"
        }
    }

    private static func shown(_ character: Character) -> String {
        character == " " ? "space" : character == "," ? "comma" : Excerpt.of("\(character)")
    }

    /// OCI distribution specification, section "Pulling manifests".
    private static let longestTag = 128
}
