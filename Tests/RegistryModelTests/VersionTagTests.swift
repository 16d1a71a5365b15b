import RegistryModel
import Testing

/// Versions as people write them in tags.
struct VersionTagTests {
    @Test(arguments: [
        ("1.2.3", "", [1, 2, 3]), ("v1.2.3", "", [1, 2, 3]), ("V1.2", "", [1, 2]), ("v1", "", [1]),
        ("1.2.3.4", "", [1, 2, 3]), ("2024.01.05", "", [2_024, 1, 5]),
        ("1.2.3_build5", "", [1, 2, 3]), ("1.2.3-rc.1", "-rc", [1, 2, 3]),
        ("1.2.3-rc.2_5", "-rc", [1, 2, 3]), ("1.2.3rc1", "-rc", [1, 2, 3]),
        ("1.27-alpine3.20", "-alpine", [1, 27]), ("1.27-alpine-slim", "-alpine-slim", [1, 27]),
        ("1-alpine", "-alpine", [1]), ("1.0.0.Final", "-final", [1, 0, 0]),
        ("1.2.3-14-g2414721", "-", [1, 2, 3]), ("1.2.3-2414721", "-", [1, 2, 3]),
        ("1.2.3-20260304050607", "-", [1, 2, 3]), ("1.2.3-cafebabe", "-cafebabe", [1, 2, 3]),
        ("1.2.x", "-x", [1, 2]), ("1.2.", "-", [1, 2]),
    ])
    func readsVersions(_ name: String, _ series: String, _ numbers: [Int64]) throws {
        let tag = try #require(TagName(name))
        let version = try #require(VersionTag(tag))
        #expect(version.series == series)
        #expect([version.major, version.minor, version.patch].compactMap(\.self) == numbers)
    }

    // A commit, a branch, and a number that no counter holds.
    @Test(arguments: [
        "latest", "main", "2e5f3a1", "v", "release-1.2.3", "1_2", "1.x", "vv1.2",
        "99999999999999999999.1", "sha256-aa.sig",
    ])
    func knowsWhatIsNone(_ name: String) throws {
        let version = VersionTag(try #require(TagName(name)))
        #expect(version?.minor == nil, "\(name)")
        #expect(name == "1_2" || version == nil, "\(name)")
    }

    @Test func ranksEachSeriesByItself() throws {
        let names = ["2.0.0-rc.1", "1.1.1", "v1.1.0", "1.0.9", "1.1", "20260304", "latest"]
        let ranks = VersionRanks(names.compactMap { TagName($0) })
        func standing(_ name: String) -> VersionStanding? {
            TagName(name).flatMap { ranks.standing(of: $0) }
        }
        #expect(standing("1.1.1") == VersionStanding(newerMajors: 0))
        #expect(standing("v1.1.1") == VersionStanding(newerMajors: 0))
        #expect(standing("v1.1.0") == VersionStanding(newerMajors: 0, newerPatches: 1))
        #expect(standing("1.0.9") == VersionStanding(newerMajors: 0, newerMinors: 1))
        #expect(standing("1.1") == VersionStanding(newerMajors: 0))
        #expect(standing("1") == VersionStanding(newerMajors: 0))
        #expect(standing("2.0.0-rc.1") == VersionStanding(newerMajors: 0))
        // A number by itself is another name for a version, or nothing.
        #expect(standing("20260304") == nil)
        #expect(standing("2") == nil)
        #expect(standing("latest") == nil)
    }
}
