import GRDB
import RegistryModel

// Where a version stands among those of its repository: by an index, a few steps for each tag.
extension SliceReader {
    /// The standing of a tag, counted as far as `rule` asks; nil where it is no version.
    func standing(
        of name: TagName,
        in repositoryId: Int64,
        _ rule: SliceRule.Versions
    ) throws -> VersionStanding? {
        guard let version = VersionTag(name) else { return nil }
        let place = Place(repositoryId: repositoryId, series: version.series)
        guard try version.minor != nil || hasMajor(version.major, place) else { return nil }
        var standing = VersionStanding(newerMajors: 0)
        standing.newerMajors = try steps(from: version.major, upTo: rule.majors) {
            try nextMajor(after: $0, place)
        }
        guard let minor = version.minor else { return standing }
        standing.newerMinors = try steps(from: minor, upTo: rule.minors) {
            try nextMinor(of: version.major, after: $0, place)
        }
        guard let patch = version.patch else { return standing }
        standing.newerPatches =
            try hasNewerPatch(than: patch, of: (version.major, minor), place) ? 1 : 0
        return standing
    }

    private struct Place {
        var repositoryId: Int64
        var series: String
    }

    /// How often `next` finds something; no limit asks for nothing.
    private func steps(
        from start: Int64,
        upTo limit: Int?,
        _ next: (Int64) throws -> Int64?
    ) throws -> Int {
        guard let limit else { return 0 }
        var count = 0
        var current = start
        while count < limit, let found = try next(current) {
            count += 1
            current = found
        }
        return count
    }

    private func hasMajor(_ major: Int64, _ place: Place) throws -> Bool {
        try db.number(
            """
            SELECT EXISTS (
                SELECT 1 FROM tag
                WHERE repositoryId = ? AND series = ? AND major = ? AND minor IS NOT NULL
                    AND goneAt IS NULL
            )
            """,
            [place.repositoryId, place.series, major]
        ) == 1
    }

    private func nextMajor(after major: Int64, _ place: Place) throws -> Int64? {
        try db.number(
            """
            SELECT min(major) FROM tag
            WHERE repositoryId = ? AND series = ? AND major > ? AND minor IS NOT NULL
                AND goneAt IS NULL
            """,
            [place.repositoryId, place.series, major]
        )
    }

    private func nextMinor(of major: Int64, after minor: Int64, _ place: Place) throws -> Int64? {
        try db.number(
            """
            SELECT min(minor) FROM tag
            WHERE repositoryId = ? AND series = ? AND major = ? AND minor > ? AND goneAt IS NULL
            """,
            [place.repositoryId, place.series, major, minor]
        )
    }

    private func hasNewerPatch(
        than patch: Int64,
        of version: (major: Int64, minor: Int64),
        _ place: Place
    ) throws -> Bool {
        try db.number(
            """
            SELECT EXISTS (
                SELECT 1 FROM tag
                WHERE repositoryId = ? AND series = ? AND major = ? AND minor = ? AND patch > ?
                    AND goneAt IS NULL
            )
            """,
            [place.repositoryId, place.series, version.major, version.minor, patch]
        ) == 1
    }
}
