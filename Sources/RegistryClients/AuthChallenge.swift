/// One challenge of the field `Www-Authenticate` (RFC 9110, section 11.6.1).
struct AuthChallenge: Sendable, Equatable {
    /// Lower case, such as `bearer`.
    var scheme: String
    /// By lower-case name; of a name that comes twice, both values, parted by a space.
    var parameters: [String: String] = [:]

    /// Parses every challenge of every such field; what makes no sense is skipped.
    static func parse(_ fields: [String]) -> [AuthChallenge] {
        fields.flatMap { field in
            var parser = Parser(rest: field[...])
            return parser.challenges()
        }
    }
}

private struct Parser {
    var rest: Substring

    mutating func challenges() -> [AuthChallenge] {
        var found: [AuthChallenge] = []
        while true {
            rest = rest.drop { $0.isWhitespace || $0 == "," }
            guard !rest.isEmpty else { return found }
            let word = token()
            guard !word.isEmpty else {
                rest = rest.dropFirst()
                continue
            }
            // A word with "=" is a parameter of the challenge before it; one without begins one.
            let afterSpace = rest.drop(while: \.isWhitespace)
            guard afterSpace.first == "=" else {
                found.append(AuthChallenge(scheme: word.lowercased()))
                continue
            }
            rest = afterSpace.dropFirst().drop(while: \.isWhitespace)
            let value = rest.first == "\"" ? quoted() : token()
            guard !found.isEmpty else { continue }
            let name = word.lowercased()
            let earlier = found[found.count - 1].parameters[name]
            found[found.count - 1].parameters[name] = earlier.map { "\($0) \(value)" } ?? value
        }
    }

    private mutating func token() -> String {
        let word = rest.prefix { !$0.isWhitespace && $0 != "," && $0 != "=" && $0 != "\"" }
        rest = rest.dropFirst(word.count)
        return String(word)
    }

    /// A quoted string; one without its end reaches to the end of the field.
    private mutating func quoted() -> String {
        rest = rest.dropFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            if character == "\\", let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(character)
            }
        }
        return text
    }
}
