/// The field `Link` (RFC 8288), as far as pagination needs it.
enum LinkField {
    /// The target of the first link whose relation is `next`.
    static func next(in fields: [String]) -> String? {
        for field in fields {
            var rest = field[...]
            while let open = rest.firstIndex(of: "<"),
                let close = rest[open...].firstIndex(of: ">")
            {
                let target = rest[rest.index(after: open)..<close]
                rest = rest[rest.index(after: close)...]
                let parameters = rest.prefix { $0 != "<" }
                if isNext(parameters) { return String(target) }
            }
        }
        return nil
    }

    private static func isNext(_ parameters: Substring) -> Bool {
        parameters.split { $0 == ";" || $0 == "," }.contains { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, word(parts[0]) == "rel" else { return false }
            return word(parts[1]).split(separator: " ").contains("next")
        }
    }

    private static func word(_ text: Substring) -> String {
        let isWord = { (character: Character) in
            !character.isWhitespace && character != "\""
        }
        guard let first = text.firstIndex(where: isWord),
            let last = text.lastIndex(where: isWord)
        else { return "" }
        return text[first...last].lowercased()
    }
}
