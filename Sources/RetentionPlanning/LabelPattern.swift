package import RegistryModel

/// A pattern for labels: `key` for any value, or `key=value`; both parts are globs.
package struct LabelPattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let key: Glob
    private let value: Glob?

    /// Parses `keep`, `tier=prod*` or `com.example.*`; nil without a key.
    ///
    /// A slash separates nothing here, so `*` matches it, too.
    package init?(_ text: String) {
        description = text
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty else { return nil }
        key = Glob(first, isPath: false)
        value = parts.count > 1 ? Glob(parts[1], isPath: false) : nil
    }

    package func matches(_ label: ImageLabel) -> Bool {
        key.matches(label.key) && value.map { $0.matches(label.value) } ?? true
    }
}
