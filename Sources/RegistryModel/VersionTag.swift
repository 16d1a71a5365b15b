/// The version that a tag's name stands for, as far as it can be ranked.
///
/// Read as people write versions, not as Semantic Versioning 2.0.0 defines them: a leading `v`, two
/// parts, more than three and leading zeros are fine, and `_` begins what `+` begins there, which no
/// tag may hold. What stands behind the number, such as `-rc.1` or `-alpine`, makes a series of its
/// own, for nobody can tell a prerelease from a flavour.
package struct VersionTag: Sendable, Hashable {
    /// Empty for releases; else `-` with the words of what follows the number, without digits and
    /// without the hashes of commits: `1.2.3-alpine3.20` is of `-alpine`.
    package var series: String
    package var major: Int64
    /// Nil where the name is a major alone, such as `v1`: another name for a newest version.
    package var minor: Int64?
    /// Nil where the name has two parts.
    package var patch: Int64?

    /// Reads a version; nil where `name` is none.
    package init?(_ name: TagName) {
        var rest = Substring(name.description)
        if rest.first == "v" || rest.first == "V" { rest = rest.dropFirst() }
        guard let major = Self.number(&rest) else { return nil }
        self.major = major
        while rest.first == "." {
            var behind = rest.dropFirst()
            guard let next = Self.number(&behind) else { break }
            rest = behind
            if minor == nil {
                minor = next
            } else if patch == nil {
                patch = next
            }
        }
        let suffix = rest.prefix { $0 != "_" }
        // `1.2.3rc1` is a version, but `2e5f3a1` is a commit.
        guard suffix.isEmpty || suffix.first == "-" || minor != nil else { return nil }
        series = Self.series(suffix)
    }

    private static func number(_ text: inout Substring) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= longest, let number = Int64(digits) else {
            return nil
        }
        text = text.dropFirst(digits.count)
        return number
    }

    /// A moment to the second has 14 digits.
    private static let longest = 18

    private static func series(_ suffix: Substring) -> String {
        guard !suffix.isEmpty else { return "" }
        let words = suffix.lowercased().split { $0 == "-" || $0 == "." }
            .filter { !isCommit($0) }
            .map { $0.filter { !$0.isNumber } }
            .filter { !$0.isEmpty }
        return "-" + words.joined(separator: "-")
    }

    /// Whether a word is a shortened hash, such as `git describe` appends.
    private static func isCommit(_ word: Substring) -> Bool {
        let hash = word.first == "g" ? word.dropFirst() : word
        return hash.count >= 7 && hash.allSatisfy(\.isHexDigit) && hash.contains(where: \.isNumber)
    }
}

/// How many versions of its series are newer than a tag's; none is counted past what a rule asks.
package struct VersionStanding: Sendable, Hashable {
    package var newerMajors: Int
    /// Newer minors of its major.
    package var newerMinors: Int
    /// Newer patches of its minor.
    package var newerPatches: Int

    package init(newerMajors: Int, newerMinors: Int = 0, newerPatches: Int = 0) {
        self.newerMajors = newerMajors
        self.newerMinors = newerMinors
        self.newerPatches = newerPatches
    }
}

/// All versions of one repository, to rank each among its series.
package struct VersionRanks: Sendable {
    /// By series, major and minor the patches, `-1` for a version that has none.
    private var patches: [String: [Int64: [Int64: Set<Int64>]]] = [:]

    package init(_ names: some Sequence<TagName>) {
        for name in names {
            guard let version = VersionTag(name), let minor = version.minor else { continue }
            patches[version.series, default: [:]][version.major, default: [:]][minor, default: []]
                .insert(version.patch ?? -1)
        }
    }

    /// The standing of a tag; nil where it is no version, or a major of which there is none.
    package func standing(of name: TagName) -> VersionStanding? {
        guard let version = VersionTag(name), let series = patches[version.series],
            let minors = series[version.major]
        else { return nil }
        var standing = VersionStanding(newerMajors: series.keys.count { $0 > version.major })
        guard let minor = version.minor else { return standing }
        standing.newerMinors = minors.keys.count { $0 > minor }
        guard let patch = version.patch else { return standing }
        standing.newerPatches = minors[minor, default: []].count { $0 > patch }
        return standing
    }
}
