import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// Logs that lastpull fetches by itself.
    @Suite(.serialized) struct FollowTests {
        // nginx in front of a registry; its log is rotated and truncated, and lastpull is killed, while
        // clients pull. The ledger holds exactly what was pulled.
        @Test func everyLineOfAProxyCountsOnce() async throws {
            let registry = try await RealRegistry.start()
            let proxy = try await RotatedLogProxy(before: registry.url)
            var folder = try ImageFolder()
            try folder.addImage(tag: "pushed", layers: [.random(2_000, seed: 31)])
            try await Skopeo.push(folder, tag: "pushed", to: "\(registry.host)/team/api:v1")
            let daemon = try LastpullDaemon()
            try await daemon.start(
                settings: """
                    registries:
                      - name: local
                        url: "\(registry.url)"
                        probeUrl: "\(proxy.url)"
                        probe: 500ms
                        logs: [{ follow: "\(proxy.log)" }]
                    """
            )
            let clients = Clients(proxy.url)
            try await clients.pull(7)
            try await Skopeo.pull("\(proxy.url.dropFirst("http://".count))/team/api:v1")
            try await clients.pull(5, while: { try await proxy.rotate(to: "access.log.1") })
            try await clients.pull(5, while: { try await daemon.killAndRestart() })
            try proxy.copyAndTruncate(to: "access.log.2")
            try await clients.pull(5)
            try await daemon.kill()
            try await clients.pull(3)
            try await proxy.rotate(to: "access.log.3")
            try await clients.pull(4)
            try await daemon.start()
            let pulled = proxy.lines.filter {
                $0.contains("/v2/team/api/manifests/v1 ") && $0.contains("\" 200 ")
            }
            try #require(pulled.count >= 30)
            try await eventually("all is counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses >= pulled.count
            }
            // Nothing comes twice, however long one waits: two more looks.
            try await clients.pull(1)
            try await eventually("the last one is counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses >= pulled.count + 1
            }
            #expect(try await daemon.explain("team/api:v1").accesses == pulled.count + 1)
            let check = try await daemon.run("check").output
            #expect(check.contains("follows \(proxy.log)"), "\(check)")
            let sources = try await daemon.run("sources").output
            #expect(sources.contains(proxy.log), "\(sources)")
        }

        // nginx is told to reopen its log long after that was renamed, as by a slow script: what it
        // writes to the renamed one meanwhile counts.
        @Test func aSlowRotationLosesNothing() async throws {
            let registry = try await RealRegistry.start()
            let proxy = try await RotatedLogProxy(before: registry.url)
            var folder = try ImageFolder()
            try folder.addImage(tag: "pushed", layers: [.random(2_000, seed: 32)])
            try await Skopeo.push(folder, tag: "pushed", to: "\(registry.host)/team/api:v1")
            let daemon = try LastpullDaemon()
            try await daemon.start(
                settings: """
                    registries:
                      - name: local
                        url: "\(registry.url)"
                        probe: 10m
                        logs: [{ follow: "\(proxy.log)" }]
                    """
            )
            let clients = Clients(proxy.url)
            try await clients.pull(1)
            try await eventually("the first is counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses == 1
            }
            try proxy.rename(to: "access.log.1")
            try proxy.createLog()
            // The silence is what is tested.
            try await Task.sleep(for: .seconds(14))
            try await clients.pull(1)
            try await eventually("the second is counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses == 2
            }
            try await proxy.reopen()
            try await clients.pull(1)
            try await eventually("the third is counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses == 3
            }
        }

        // A truncated log of which nothing is left is a gap, and is said.
        @Test func aLogThatIsGoneIsKnownLoss() async throws {
            let folder = try TemporaryFolder()
            let daemon = try LastpullDaemon()
            let log = try folder.write("", to: "access.log")
            let nobody = try LoopbackPort.free()
            try await daemon.start(
                settings: """
                    registries:
                      - name: local
                        url: "http://127.0.0.1:\(nobody)"
                        logs: [{ follow: "\(log)" }, { follow: "\(folder.file("none.log"))" }]
                    """
            )
            let now = Timestamp(seconds: Date().timeIntervalSince1970)
            let lines = (0..<3).map { LogLines.combined("v1", at: now - .seconds(60 - $0)) }
            try folder.write(lines[0] + lines[1], to: "access.log")
            try await eventually("both lines are counted") {
                try await daemon.explain("team/api:v1").accesses == 2
            }
            try folder.write(lines[2], to: "access.log")
            try await eventually("the new line is counted") {
                try await daemon.explain("team/api:v1").accesses == 3
            }
            let sources = try await daemon.run("sources").output
            #expect(sources.contains("may not have been read to its end"), "\(sources)")
            #expect(sources.contains("none.log"), "\(sources)")
            let check = try await daemon.run("check").output
            #expect(check.contains("none.log can't be read: no such file"), "\(check)")
        }

        // As Azure writes a registry's log: a blob for each hour, which grows.
        @Test func aContainerIsReadAsItGrows() async throws {
            let blobs = try await FakeBlobs.start()
            let daemon = try LastpullDaemon()
            let nobody = try LoopbackPort.free()
            let now = Timestamp(seconds: Date().timeIntervalSince1970)
            let digest = Digest(hashing: Array("image".utf8))
            func line(_ number: Int) -> String {
                LogLines.azure("v1", digest, at: now - .seconds(Int64(600 - number)), id: number)
            }
            await blobs.append((0..<3).map(line).joined(), to: "resourceId=/X/h=00/PT1H.json")
            await blobs.append((3..<5).map(line).joined(), to: "resourceId=/X/h=01/PT1H.json")
            await blobs.append("nothing of ours", to: "resourceId=/X/readme.txt")
            let parts = blobs.address.split(separator: "?")
            try await daemon.start(
                settings: """
                    registries:
                      - name: local
                        url: "http://127.0.0.1:\(nobody)"
                        logs:
                          - follow: "\(parts[0])/resourceId=/X/?\(parts[1])"
                            glob: "*.json"
                            format: acr
                    """
            )
            try await eventually("five lines are counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses == 5
            }
            try await daemon.kill()
            await blobs.append(line(5), to: "resourceId=/X/h=01/PT1H.json")
            try await daemon.start()
            try await eventually("the sixth is counted", within: .seconds(30)) {
                try await daemon.explain("team/api:v1").accesses == 6
            }
            await blobs.set { $0.permits = false }
            try await eventually("check tells it", within: .seconds(40)) {
                try await daemon.run("check").output.contains("AuthenticationFailed")
            }
            #expect(!daemon.log.contains("c2VjcmV0"))
            await blobs.stop()
        }
    }
}

/// Clients that pull one image, one after the other, each with an agent of its own: lines of one
/// second that are equal can't always be told from a line that is read twice.
private struct Clients {
    let url: String

    init(_ url: String) { self.url = url }

    func pull(_ count: Int) async throws {
        for _ in 0..<count {
            let answer = try await LoopbackHTTP.get(
                "\(url)/v2/team/api/manifests/v1",
                headers: [
                    "Accept": "application/vnd.oci.image.manifest.v1+json",
                    "User-Agent": "containerd/v2 \(UInt32.random(in: 0 ... .max))",
                ]
            )
            try #require(answer.status == 200)
        }
    }

    func pull(_ count: Int, while other: @Sendable () async throws -> Void) async throws {
        async let pulls: Void = pull(count)
        try await other()
        try await pulls
    }
}
