import RegistryModel
import RetentionPlanning
import Testing

/// Versions and labels as rules.
struct KeepRuleTests {
    private func world(_ names: [String]) throws -> World {
        var world = World()
        let repository = try world.repository()
        for name in names {
            try world.tag(name, on: try world.manifest(in: repository), in: repository)
        }
        return world
    }

    private func left(_ names: [String], _ rule: Policy.VersionRule) throws -> Set<String> {
        let policy = Policy(name: "p", keep: .init(versions: rule))
        let world = try world(names)
        let removed = plan(world, request(policy)).removedTags
        return Set(world.tags.values.filter { !removed.contains($0.id) }.map(\.name.description))
    }

    private static let releases = [
        "3.0.0", "2.1.1", "2.1.0", "2.0.5", "2.0.4", "1.9.9", "1.9.8", "1.8.0", "0.1.0",
    ]

    @Test func keepsTheNewestPatchOfTheNewestMinorsOfTheNewestMajors() throws {
        let rule = Policy.VersionRule(majors: 2, minors: 1)
        #expect(try left(Self.releases, rule) == ["3.0.0", "2.1.1"])
        let wider = Policy.VersionRule(majors: 3, minors: 2)
        #expect(
            try left(Self.releases, wider) == ["3.0.0", "2.1.1", "2.0.5", "1.9.9", "1.8.0"]
        )
    }

    @Test func whatIsLeftOutHasNoLimit() throws {
        let majors = Policy.VersionRule(majors: 1, minors: nil)
        #expect(try left(["2.1.0", "2.0.1", "2.0.0", "1.0.0"], majors) == ["2.1.0", "2.0.1"])
        let minors = Policy.VersionRule(majors: nil, minors: 1)
        #expect(try left(["2.1.0", "2.0.1", "1.0.0"], minors) == ["2.1.0", "1.0.0"])
    }

    // Names of one version stay together, and so do the moving names of what stays.
    @Test func keepsEveryNameOfAVersion() throws {
        let rule = Policy.VersionRule(majors: 1, minors: 1)
        let names = ["v1.2.3", "1.2.3", "1.2.3_build7", "1.2", "1", "v1", "1.1", "1.1.0", "0"]
        #expect(try left(names, rule) == ["v1.2.3", "1.2.3", "1.2.3_build7", "1.2", "1", "v1"])
    }

    // A candidate must never push a release out, nor a date or a commit.
    @Test func prereleasesAndNumbersDisplaceNoRelease() throws {
        let rule = Policy.VersionRule(majors: 1, minors: 1)
        let names = ["1.0.0", "2.0.0-rc.1", "1.9.0-rc.1", "20260304", "7654321", "latest"]
        #expect(try left(names, rule) == ["1.0.0", "2.0.0-rc.1"])
        let flavours = ["1.27.3-alpine", "1.27.2-alpine", "1.27.4", "1-alpine"]
        #expect(try left(flavours, rule) == ["1.27.3-alpine", "1.27.4", "1-alpine"])
    }

    @Test func saysWhichVersionsAreNewer() throws {
        let policy = Policy(name: "p", keep: .init(versions: .init(majors: 1, minors: 1)))
        var planner = Planner(request: request(policy), coverage: [:])
        let facts = try world(["2.0.0", "1.0.0"]).facts()
        planner.consider(facts)
        #expect(planner.keptReasons == [.version: 1])
        let old = try #require(facts.tags.values.first { $0.name.description == "1.0.0" })
        let rules = try #require(planner.explain(.tag(old.id), in: facts)).rules
        let rule = try #require(rules.first { $0.rule == "version" })
        #expect(!rule.holds)
        #expect(
            rule.detail == "1 or more newer majors; "
                + "the newest patch of the newest 1 minors of the newest 1 majors stays"
        )
    }

    // MARK: Labels

    private func kept(_ labels: LabelFacts?, _ pattern: String, isTagged: Bool) throws -> Reason? {
        var world = World()
        let repository = try world.repository()
        let manifest = try world.manifest(in: repository) { $0.labels = labels }
        if isTagged { try world.tag("old", on: manifest, in: repository) }
        let policy = Policy(
            name: "p",
            keep: .init(labels: [try #require(LabelPattern(pattern))])
        )
        let planner = plan(world, request(policy))
        return planner.items.isEmpty ? planner.keptReasons.keys.first : nil
    }

    @Test(arguments: [
        ("keep", true), ("keep=yes", true), ("keep=y*", true), ("k*=yes", true), ("keep=no", false),
        ("other", false), ("keep=", false), ("kee", false), ("com.example/*", true),
        ("*=a=b", true),
    ])
    func keepsWhatALabelNames(_ pattern: String, _ isKept: Bool) throws {
        let labels = LabelFacts(labels: [
            ImageLabel(key: "keep", value: "yes"), ImageLabel(key: "com.example/x/y", value: "a=b"),
        ])
        for isTagged in [true, false] {
            #expect(try kept(labels, pattern, isTagged: isTagged) == (isKept ? .label : nil))
        }
    }

    // Promise 1: not read is no reason to remove.
    @Test func keepsWhatLabelsAreNotKnownOf() throws {
        for isTagged in [true, false] {
            for facts in [nil, LabelFacts(isIncomplete: true)] {
                #expect(try kept(facts, "keep", isTagged: isTagged) == .labelsUnread)
            }
        }
        let known = LabelFacts(
            labels: [ImageLabel(key: "keep", value: "")],
            isIncomplete: true
        )
        #expect(try kept(known, "keep", isTagged: true) == .label)
    }

    @Test(arguments: ["", "=x"]) func aPatternNeedsAKey(text: String) {
        #expect(LabelPattern(text) == nil)
    }
}
