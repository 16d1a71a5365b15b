/// A repository's name, `team/api`, that cannot hold an invalid value such as `../../etc`.
///
/// Grammar: OCI distribution specification, section "Pulling manifests": path components of lower
/// case letters and digits, joined inside by `.`, `_`, `__` or dashes, and to each other by `/`.
package struct RepositoryName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    /// Parses `text`, or returns nil when it is not a repository name.
    package init?(_ text: String) {
        var text = text
        guard text.withUTF8(Self.isName) else { return nil }
        description = text
    }

    /// Parses `text`, or returns nil when it is not a repository name.
    package init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// Takes `text` as it is; only for what was a name before.
    init(unchecked text: String) { description = text }

    package static func < (left: RepositoryName, right: RepositoryName) -> Bool {
        left.description < right.description
    }

    private static func isName(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !text.isEmpty, text.count <= longest else { return false }
        var separator = Separator.slash
        for byte in text {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                separator = .none
            case UInt8(ascii: "/"):
                guard separator == .none else { return false }
                separator = .slash
            case UInt8(ascii: "."):
                guard separator == .none else { return false }
                separator = .dot
            case UInt8(ascii: "_"):
                switch separator {
                case .none: separator = .underscore
                case .underscore: separator = .dot
                default: return false
                }
            case UInt8(ascii: "-"):
                guard separator == .none || separator == .dash else { return false }
                separator = .dash
            default: return false
            }
        }
        return separator == .none
    }

    /// Whether a name may hold this character.
    package static func mayHold(_ character: Character) -> Bool {
        RepositoryName("a\(character)a") != nil
    }

    private enum Separator {
        case none
        case slash
        case dot
        case underscore
        case dash
    }

    /// Distribution refuses longer names.
    private static let longest = 255
}
