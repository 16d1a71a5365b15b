import Daemon
import RegistryModel
import RetentionPlanning
import Testing

/// What single values mean.
struct SettingsValueTests {
    /// YAML has words for numbers and for true and false; tags may be named like them.
    @Test func valuesAreTakenAsWritten() throws {
        let settings = try SettingsSamples.parse(
            SettingsSamples.text("odd-but-right.yaml", in: SettingsSamples.good)
        )
        let registry = try #require(settings.registries.first)
        #expect(settings.listen == ListenAddress(host: "::1", port: 0))
        #expect(registry.url == "https://[fd00::1]:5000/prefix")
        #expect(registry.gapTolerance == .zero)
        #expect(registry.trustHistoryFrom == Timestamp(milliseconds: 1_769_842_800_250))
        #expect(registry.repositories?.map(\.description) == ["team/api", "base"])
        try #require(settings.policies.count == 2)
        #expect(settings.policies[0].keep == Policy.Keep(isNone: true))
        #expect(settings.policies[0].count == [.pull])
        let keep = settings.policies[1].keep
        #expect(keep.pushedWithin == .zero)
        #expect(keep.tags.map(\.description) == ["1.10", "yes", #"/v[0-9]+\.[0-9]+/"#])
        #expect(settings.policies[1].brake == Policy.Brake(items: 0, share: 0))
    }

    @Test(arguments: [
        ("tags: 200, until: 0", Trigger.Measure.tags(above: 200, until: 0)),
        ("untagged: 5", .untagged(above: 5, until: 5)),
        (
            "registryBytes: 1.5GB, until: 0",
            .registryBytes(above: ByteCount(1_500_000_000), until: .zero)
        ),
        (
            "untaggedBytes: 20GiB",
            .untaggedBytes(above: ByteCount(21_474_836_480), until: ByteCount(21_474_836_480))
        ),
        ("pushes: 1", .pushes(1)),
        ("every: 1h30m", .every(.minutes(90))),
    ])
    func triggersMeasureOneThing(text: String, measure: Trigger.Measure) throws {
        let settings = try SettingsSamples.parse(beside: "triggers: [{ name: t, \(text) }]")
        #expect(settings.triggers.first?.measure == measure)
    }

    @Test func volumeMarksMayBeSizes() throws {
        let settings = try SettingsSamples.parse(
            """
            registries: [{ name: local, url: "http://a.example", storage: /srv }]
            triggers: [{ name: t, volume: /srv, above: 500GB, critical: 500GB, cooldown: 0 }]
            """
        )
        let mark = Trigger.VolumeMark.bytes(ByteCount(500_000_000_000))
        #expect(
            settings.triggers.first?.measure
                == .volume(path: "/srv", above: mark, until: mark, critical: mark)
        )
        #expect(settings.triggers.first?.cooldown == .zero)
    }

    /// A full disk is helped only by what goes from it; elsewhere the storage has to be named.
    @Test(arguments: [
        ("volume: /srv, above: 80%", [Trigger.Target.tags, .untagged, .storage]),
        ("registryBytes: 1GB", [.tags, .untagged]),
        ("every: 24h, clean: [storage]", [.storage]),
        ("volume: /srv, above: 80%, clean: [storage, storage]", [.storage]),
        ("volume: /srv, above: 80%, clean: [untagged]", [.untagged]),
    ])
    func triggersCleanWhatIsNamed(text: String, targets: [Trigger.Target]) throws {
        let settings = try SettingsSamples.parse(
            """
            registries: [{ name: local, url: "http://a.example", storage: /srv }]
            triggers: [{ name: t, \(text) }]
            """
        )
        #expect(settings.triggers.first?.clean == Set(targets))
    }

    // Both are given up on purpose, where nobody pushes while lastpull works.
    @Test func timesOfTheStorageMayBeZero() throws {
        let settings = try SettingsSamples.parse(
            "registries: [{ name: a, url: 'http://a', storage: /srv, grace: 0s, quarantine: 0s }]"
        )
        #expect(settings.registries[0].grace == .zero && settings.registries[0].quarantine == .zero)
    }

    @Test(arguments: [
        "storage: srv", "storage: /srv, grace: soon", "storage: /srv, quarantine: -1h",
        "storage: /srv, afterSweep: systemctl restart", "storage: /srv, afterSweep: []",
    ])
    func whatIsWrongAboutTheStorageIsRefused(text: String) throws {
        let problems = try SettingsSamples.problems(
            in: "registries: [{ name: a, url: 'http://a', \(text) }]"
        )
        #expect(problems.count == 1)
    }

    @Test func trustMayHaveAnEnd() throws {
        let settings = try SettingsSamples.parse(
            "registries: [{ name: a, url: 'http://a', trustHistoryFrom: 2026-01-01, "
                + "trustHistoryUntil: '2026-01-02T00:00:00Z' }]"
        )
        #expect(settings.registries[0].trustHistoryUntil?.milliseconds == 1_767_312_000_000)
    }

    @Test(arguments: [
        ("trustHistoryUntil: 2026-01-01", "has no beginning; add trustHistoryFrom, or remove it"),
        (
            "trustHistoryFrom: 2026-01-02, trustHistoryUntil: 2026-01-02",
            "is not after trustHistoryFrom; name a later date, or remove both"
        ),
    ])
    func anEndOfTrustNeedsABeginning(text: String, problem: String) throws {
        let problems = try SettingsSamples.problems(
            in: "registries: [{ name: a, url: 'http://a', \(text) }]"
        )
        #expect(problems.count == 1 && problems[0].hasSuffix(problem), "\(problems)")
    }

    /// Where everybody is ignored, everything looks unused.
    @Test(arguments: [
        "userAgents: ['*']", "userAgents: ['trivy/*', '**']", "actors: ['?*']",
        "networks: [0.0.0.0/0]", "networks: ['::/0']", "networks: [0.0.0.0/1, 128.0.0.0/1]",
        "networks: [128.0.0.0/1, 10.0.0.0/8, 64.0.0.0/2, fd00::/8, 0.0.0.0/2]",
        "networks: ['8000::/1', '::/1']",
    ])
    func nobodyIgnoresEverybody(text: String) throws {
        let problems = try SettingsSamples.problems(
            in: "registries: [{ name: a, url: 'http://a' }]\nignoreAccess: { \(text) }"
        )
        #expect(problems.count == 1 && problems[0].contains("names everybody"), "\(problems)")
    }

    @Test(arguments: [
        "0.0.0.0/1, 128.0.0.0/2, 224.0.0.0/3", "'::/1', 'c000::/2'", "'::/1', 128.0.0.0/1",
        "0.0.0.0/1, 0.0.0.0/1, 64.0.0.0/2",
    ])
    func networksWithAHoleAreNotEverybody(text: String) throws {
        let settings = try SettingsSamples.parse(beside: "ignoreAccess: { networks: [\(text)] }")
        #expect(!settings.ignoreAccess.networks.isEmpty)
    }

    @Test func whatIsNotEverybodyIsIgnored() throws {
        let settings = try SettingsSamples.parse(
            beside: "ignoreAccess: { userAgents: ['*/0.1'], actors: ['??'], networks: [0.0.0.0/1] }"
        )
        #expect(settings.ignoreAccess.ruleNames.count == 3)
    }

    @Test func anyAddressNeedsAllThreeTokens() throws {
        let settings = try SettingsSamples.parse(
            beside: """
                listen: :8480
                access:
                  ingest: { tokenFile: /run/secrets/token }
                  read: { tokenFile: /run/secrets/bare }
                  admin: { tokenFile: /run/secrets/registry }
                """
        )
        #expect(settings.listen == ListenAddress(host: "0.0.0.0", port: 8_480))
        #expect(settings.access.read == Secret("bare"))
    }

    /// An enforcing policy without rules is the one that looks most dangerous and does nothing.
    @Test func enforcingPolicyWithoutRulesIsPointedOut() throws {
        let settings = try SettingsSamples.parse(
            beside: "policies:\n  - { name: a, mode: enforce }\n  - { name: b }\n"
                + "  - { name: c, mode: enforce, keep: none }\n"
        )
        #expect(
            settings.warnings == [
                "lastpull.yaml:3:5: policies[0]: without a keep rule the policy keeps everything; "
                    + "add rules, or say keep: none to let all go"
            ]
        )
    }

    /// It frees what nothing needs, and takes no image: a daemon that does not start hears nothing,
    /// and its disk fills up.
    @Test(arguments: ["tags: 100", "untagged: 10, until: 5", "untaggedBytes: 1GB"])
    func countThatOnlySweepsTheDiskIsPointedOut(measure: String) throws {
        let settings = try SettingsSamples.parse(
            "registries: [{ name: local, url: 'http://127.0.0.1:5000', storage: /srv }]\n"
                + "triggers: [{ name: a, \(measure), clean: [storage] }]\n"
        )
        #expect(settings.triggers.map(\.clean) == [[.storage]])
        let warning = try #require(settings.warnings.first)
        #expect(warning.contains("triggers[0].clean: never brings "), "\(warning)")
        #expect(warning.contains("measure the disk with volume"), "\(warning)")
        #expect(settings.warnings.count == 1)
    }

    /// Untagged manifests are protected by accesses over 7 days, told or not.
    @Test func shortHistoryIsPointedOutWhereTheDefaultRuleLooksBackFurther() throws {
        let keep = "keep: { newest: 3 }"
        let short = try SettingsSamples.parse(
            beside: "history: 1d\npolicies: [{ name: a, \(keep) }]\n"
        )
        #expect(short.warnings.count == 1)
        let enough = try SettingsSamples.parse(
            beside: "history: 7d\npolicies: [{ name: a, \(keep) }]\n"
        )
        #expect(enough.warnings.isEmpty)
    }

    @Test(arguments: [
        ("2026-01-01", 1_767_225_600_000),
        ("2024-02-29", 1_709_164_800_000),
        ("1970-01-01T00:00:00Z", 0),
        ("2000-03-01 00:00:00.1239Z", 951_868_800_123),
        ("1969-12-31t23:59:59.5-00:00", -500),
        ("2026-01-01T00:00:00+05:30", 1_767_205_800_000),
    ])
    func historyIsTrustedFromADateOrAMoment(text: String, milliseconds: Int64) throws {
        let settings = try SettingsSamples.parse(
            "registries: [{ name: a, url: 'http://a', trustHistoryFrom: '\(text)' }]"
        )
        #expect(settings.registries[0].trustHistoryFrom?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "2023-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-1-1",
        "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01x", "yesterday",
    ])
    func whatIsNoDateIsRefused(text: String) throws {
        let problems = try SettingsSamples.problems(
            in: "registries: [{ name: a, url: 'http://a', trustHistoryFrom: '\(text)' }]"
        )
        #expect(problems.count == 1)
    }
}
