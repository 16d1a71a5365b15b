package import RegistryModel
import Synchronization

/// A pattern for tags: a glob, or a regular expression between slashes.
///
/// A glob matches the whole tag. An expression is searched for, as sed and grep do: `/^v1/` matches all
/// that begins so. A pattern only ever keeps a tag, so of both readings this is the one that keeps more.
package struct NamePattern: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    private let isMatch: @Sendable (String) -> Bool

    /// Parses `v*` or `/v[0-9]+/`; nil when the expression is not a regular expression.
    package init?(_ text: String) {
        description = text
        guard text.count >= 2, text.hasPrefix("/"), text.hasSuffix("/") else {
            let glob = Glob(text)
            isMatch = { glob.matches($0) }
            return
        }
        guard let expression = Expression(String(text.dropFirst().dropLast())) else { return nil }
        isMatch = { expression.matches($0) }
    }

    package func matches(_ name: TagName) -> Bool { isMatch(name.description) }

    package static func == (left: NamePattern, right: NamePattern) -> Bool {
        left.description == right.description
    }
}

/// A regular expression, compiled once; the lock is there because `Regex` is not `Sendable`.
private final class Expression: Sendable {
    private let regex: Mutex<Regex<AnyRegexOutput>>

    init?(_ text: String) {
        guard let regex = try? Regex(text) else { return nil }
        self.regex = Mutex(regex)
    }

    func matches(_ name: String) -> Bool {
        regex.withLock { name.firstMatch(of: $0) != nil }
    }
}
