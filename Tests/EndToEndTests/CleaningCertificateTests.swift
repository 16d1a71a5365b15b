import Foundation
import TestSupport
import Testing

extension Cleaning {
    /// A real registry behind TLS, with a certificate that the system does not know.
    @Suite(
        .enabled(
            if: hasRegistry && TLSProxy.isInstalled,
            "needs docker-registry, skopeo, nginx and openssl"
        )
    )
    struct Certificates {
        private let lastpull: LastpullDaemon
        private let registry: RealRegistry
        private let proxy: TLSProxy

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(.init(endpoints: [.init(url: lastpull.hook("local"))]))
            proxy = try await TLSProxy(before: registry.url)
            try await registry.push("team/app", "v1", seed: 1)
        }

        private func configure(url: String? = nil, _ more: String = "") throws {
            var settings = CleaningSettings(url: url ?? proxy.url)
            settings.registry = more
            try lastpull.configure(settings.text)
        }

        /// Each command refuses the certificate, with the next step; nothing was asked for.
        private func expectRefusal(_ words: String) async throws {
            let plan = try await lastpull.run("plan")
            #expect(plan.status == 1)
            let check = try await lastpull.run("check")
            #expect(check.status == 1)
            for text in [plan.errors, check.output] {
                let line = try #require(
                    text.split(separator: "\n").first { $0.contains("not trusted") },
                    "\(text)"
                )
                #expect(line.contains("caFile"), "\(line)")
                #expect(line.contains(words), "\(line)")
            }
            #expect(!registry.accessLog.contains("lastpull/"))
        }

        @Test func anUnknownAuthorityIsRefused() async throws {
            try configure()
            try await expectRefusal("unable to get local issuer certificate")
            try await registry.stop()
        }

        @Test func anotherAuthorityThanTheOneNamedIsRefused() async throws {
            let other = try await TLSProxy(before: registry.url)
            try configure("caFile: \(other.authority)")
            try await expectRefusal("certificate")
            try await registry.stop()
        }

        // It was signed by the right authority, but for another name.
        @Test func aCertificateForAnotherNameIsRefused() async throws {
            let url = proxy.url.replacing("127.0.0.1", with: "localhost")
            try configure(url: url, "caFile: \(proxy.authority)")
            try await expectRefusal("localhost")
            try await registry.stop()
        }

        @Test func anAuthorityThatIsNamedIsTrusted() async throws {
            try configure("caFile: \(proxy.authority)")
            let report = try await lastpull.report("clean")
            #expect(report.states == ["team/app:v1": "done"])
            #expect(registry.manifests("team/app").isEmpty)
            // It can be written to as well.
            let restored = try await lastpull.run("restore", report.run)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(registry.manifests("team/app").count == 1)
            try await registry.stop()
        }

        // lastpull works beside the registry, its clients come through the proxy.
        @Test func probesTrustItToo() async throws {
            try configure(
                url: registry.url,
                "probeUrl: \(proxy.url)\n    caFile: \(proxy.authority)"
            )
            try await lastpull.start()
            try await eventually("probes are answered", within: .seconds(30)) {
                let probes = registry.accessLog.split(separator: "\n").filter {
                    $0.contains(" probe/") && $0.contains("\" 200 ")
                }
                return probes.count >= 2
            }
            let check = try await lastpull.run("check")
            #expect(check.status == 0, "\(check.output)")
            try await lastpull.terminate()
            try await registry.stop()
        }
    }
}
