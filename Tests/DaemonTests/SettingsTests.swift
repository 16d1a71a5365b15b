import Cleanup
import Daemon
import EventDecoding
import Foundation
import Listening
import LogReading
import RegistryModel
import RetentionPlanning
import Testing

struct SettingsTests {
    @Test func whatIsLeftOutHasItsDefault() throws {
        let settings = try SettingsSamples.parse(
            beside: "policies: [{ name: p }]\ntriggers: [{ name: t, tags: 100 }]"
        )
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8_480))
        #expect(settings.ledger == "/var/lib/lastpull/ledger.sqlite")
        #expect(settings.history == .days(30))
        #expect(settings.ignoreAccess == AccessIgnoreList())
        #expect(settings.access == AccessSettings())
        #expect(settings.policies == [Policy(name: "p")])
        #expect(
            settings.triggers
                == [Trigger(name: "t", measure: .tags(above: 100, until: 100))]
        )
        #expect(settings.warnings.isEmpty)
        let registry = try #require(settings.registries.first)
        #expect(registry.kind == .oci)
        #expect(registry.url == "http://127.0.0.1:5000")
        #expect(registry.inventory == .hours(6))
        #expect(registry.gapTolerance == .minutes(10))
        #expect(registry.probe == .minutes(5))
        #expect(registry.grace == .hours(1) && registry.quarantine == .hours(1))
        #expect(registry.afterSweep.isEmpty)
        #expect(registry.username == nil && registry.password == nil && registry.storage == nil)
        #expect(registry.probeURL == nil && registry.trustHistoryFrom == nil)
        #expect(registry.repositories == nil && registry.caFile == nil)
    }

    @Test func aLogMayHaveKeysOfItsOwn() throws {
        let settings = try SettingsSamples.parse(
            """
            registries:
              - name: a
                url: https://a
                logs:
                  - { follow: /var/log/a.json, keys: { path: uri, status: code } }
                  - { syslog: "udp://127.0.0.1:5514", format: json, keys: { path: uri } }
            """
        )
        let logs = try #require(settings.registries.first?.logs)
        let own = try #require(LogKeys(["path": "uri", "status": "code"]))
        #expect(logs.first == .file("/var/log/a.json", dialect: LogDialect(keys: own)))
        guard case .syslog(let socket) = logs.last else {
            Issue.record("not a socket")
            return
        }
        #expect(socket.dialect.format == .json && socket.dialect.keys.own == ["path": "uri"])
    }

    @Test func aContainerIsFollowedBelowItsPrefix() throws {
        let settings = try SettingsSamples.parse(
            """
            registries:
              - name: a
                url: https://a.azurecr.io
                logs:
                  - follow: "https://a.blob.core.windows.net/logs/resourceId=/X/?sv=1&sig=hunter2"
                    glob: "**/PT1H.json"
                    format: acr
            """
        )
        guard case .blobs(let place, let names, let dialect) = settings.registries.first?.logs.first
        else {
            Issue.record("not a container")
            return
        }
        #expect(place.container == "https://a.blob.core.windows.net/logs")
        #expect(place.prefix == "resourceId=/X/")
        #expect(place.signature.revealed == "sv=1&sig=hunter2")
        #expect(names == Glob("**/PT1H.json") && dialect == LogDialect(format: .acr))
        #expect(!"\(settings.registries)".contains("hunter2"))
    }

    // The address for clients may be the only one with a certificate.
    @Test(arguments: ["url: 'https://a'", "url: 'http://a', probeUrl: 'https://b'"])
    func anAuthorityGoesWithAnAddressThatHasACertificate(addresses: String) throws {
        let settings = try SettingsSamples.parse(
            "registries: [{ name: a, \(addresses), caFile: /etc/ssl/own.pem }]"
        )
        #expect(settings.registries.first?.caFile == "/etc/ssl/own.pem")
    }

    @Test(
        arguments: SettingsSamples.names(in: SettingsSamples.good)
    )
    func goodFilesPassWithoutWarning(name: String) throws {
        let settings = try SettingsSamples.parse(
            SettingsSamples.text(name, in: SettingsSamples.good)
        )
        #expect(settings.warnings.isEmpty)
    }

    /// Whoever copies the settings that come along must be able to start.
    @Test func settingsInDeployAreGood() throws {
        let folder = SettingsSamples.top.appending(path: "deploy")
        let settings = try SettingsSamples.parse(
            SettingsSamples.text("lastpull.yaml", in: folder)
        )
        #expect(settings.warnings.isEmpty)
        #expect(settings.policies.allSatisfy { $0.mode == .observe })
    }

    @Test func everyKeyOfTheDesignArrives() throws {
        let settings = try SettingsSamples.parse(
            SettingsSamples.text("design.yaml", in: SettingsSamples.good)
        )
        let registry = try #require(settings.registries.first)
        #expect(registry.name == "local")
        #expect(registry.username == "cleaner")
        #expect(registry.password == Secret("pass word"))
        #expect(registry.storage == "/var/lib/registry")
        #expect(registry.afterSweep == ["systemctl", "restart", "docker-registry"])
        #expect(registry.grace == .hours(2) && registry.quarantine == .minutes(90))
        let dialect = LogDialect(format: .combined)
        #expect(registry.logs == [.file("/var/log/nginx/registry.json", dialect: dialect)])
        #expect(registry.probeURL == "https://registry.example.com")
        #expect(registry.trustHistoryFrom == Timestamp(milliseconds: 1_767_225_600_000))
        #expect(
            settings.ignoreAccess
                == AccessIgnoreList(
                    userAgents: [Glob("trivy/*")],
                    actors: [Glob("scanner")],
                    networks: [try #require(Network("10.9.0.0/16"))]
                )
        )
        var filters = EngineFilters()
        try filters.add("until", "24h", on: .ofMachine)
        #expect(
            settings.engines == [
                EngineSettings(
                    name: "node",
                    place: .socket("/var/run/docker.sock"),
                    prune: [.images, .containers, .networks, .volumes, .buildCache],
                    filters: filters
                )
            ]
        )
        #expect(settings.policies == [try buildCache])
        #expect(settings.triggers == triggers)
        let token = Secret("t0ken")
        #expect(settings.access == AccessSettings(ingest: token, read: token, admin: token))
    }

    private var buildCache: Policy {
        get throws {
            Policy(
                name: "build-cache",
                registry: "local",
                repositories: [Glob("cache/**")],
                keep: Policy.Keep(
                    accessed: Policy.AccessRule(atLeast: 1, within: .days(7)),
                    pushedWithin: .hours(24),
                    newest: 3,
                    tags: [try #require(NamePattern("latest")), try #require(NamePattern("v*"))],
                    labels: [
                        try #require(LabelPattern("keep")),
                        try #require(LabelPattern("tier=prod*")),
                    ],
                    versions: Policy.VersionRule(majors: 2, minors: 3)
                ),
                untaggedAfter: .hours(1),
                mode: .enforce,
                brake: Policy.Brake(items: 500, share: 50, bytes: 40, regrets: 2)
            )
        }
    }

    private var triggers: [Trigger] {
        [
            Trigger(
                name: "disk",
                measure: .volume(
                    path: "/var/lib/registry",
                    above: .percent(80),
                    until: .percent(70),
                    critical: .percent(95)
                ),
                clean: [.tags, .untagged, .storage]
            ),
            Trigger(
                name: "cache-size",
                registry: "local",
                repositories: [Glob("cache/**")],
                measure: .repositoryBytes(
                    above: ByteCount(50_000_000_000),
                    until: ByteCount(40_000_000_000)
                ),
                clean: [.tags]
            ),
            Trigger(name: "nightly", measure: .every(.hours(24))),
        ]
    }
}
