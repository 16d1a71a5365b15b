/// A pattern for repository names, tags and user agents.
///
/// `*` matches any characters but `/`, `**` any at all, `?` one character but `/`; everything else
/// itself. `**/` also matches nothing, so `cache/**/base` matches `cache/base`.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let pattern: [UInt8]
    private let isPath: Bool

    /// Takes `text` as a pattern; without `isPath` a `/` separates nothing.
    ///
    /// So for user agents and names of people, in which `*` and `?` match it too.
    package init(_ text: some StringProtocol, isPath: Bool = true) {
        description = String(text)
        pattern = Array(text.utf8)
        self.isPath = isPath
    }

    /// Whether the whole of `text` matches; time grows with the product of the two lengths.
    package func matches(_ text: some StringProtocol) -> Bool {
        // reachable[i]: the pattern up to i matches the text so far.
        let subject = Array(text.utf8)
        var reachable = [Bool](repeating: false, count: pattern.count + 1)
        reachable[0] = true
        spread(&reachable)
        for byte in subject {
            var next = [Bool](repeating: false, count: pattern.count + 1)
            for index in pattern.indices where reachable[index] {
                switch pattern[index] {
                case Self.star:
                    if isFirstOfDouble(index) {
                        // The second star goes on, so that `**/` is skipped at its start only.
                        next[index + 1] = true
                    } else if !isPath || isSecondOfDouble(index) || byte != Self.slash {
                        next[index] = true
                    }
                case Self.question:
                    if !isPath || byte != Self.slash { next[index + 1] = true }
                default:
                    if pattern[index] == byte { next[index + 1] = true }
                }
            }
            reachable = next
            spread(&reachable)
        }
        return reachable[pattern.count]
    }

    /// Something that it matches: a letter stands for each `?` and for each row of stars.
    ///
    /// Where this is no name, nothing that the pattern matches is one, but for its length: a letter
    /// may stand anywhere in the names of repositories and tags.
    package var example: String {
        var text = ""
        var last: Character?
        for character in description {
            let isStar = character == "*"
            if !isStar || last != "*" { text.append(isStar || character == "?" ? "a" : character) }
            last = character
        }
        return text
    }

    /// Lets stars match nothing: carries reachability past them.
    private func spread(_ reachable: inout [Bool]) {
        for index in pattern.indices where reachable[index] && pattern[index] == Self.star {
            reachable[index + 1] = true
            guard isFirstOfDouble(index), index == 0 || pattern[index - 1] == Self.slash else {
                continue
            }
            if index + 2 < pattern.count, pattern[index + 2] == Self.slash {
                reachable[index + 3] = true
            }
        }
    }

    private func isFirstOfDouble(_ index: Int) -> Bool {
        index + 1 < pattern.count && pattern[index + 1] == Self.star
    }

    private func isSecondOfDouble(_ index: Int) -> Bool {
        index > 0 && pattern[index - 1] == Self.star
    }

    private static let star = UInt8(ascii: "*")
    private static let question = UInt8(ascii: "?")
    private static let slash = UInt8(ascii: "/")
}
