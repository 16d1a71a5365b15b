import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// What counts as use, from access logs.
    @Suite(.serialized) struct LogsTests {
        // Who has both sources must not see every pull twice, nor lose one by sending a log again.
        @Test func theLogOfTheRegistryAddsNothingToItsEvents() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.onlyReads)
            let digest = try await scene.push("team/api:v1", seed: 20)
            try await scene.readInEveryWay(digest)
            try await scene.everythingIsHeard()
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 6)

            let log = Array(scene.registry.accessLog.utf8)
            let first = try await scene.daemon.deliver(log, to: "logs/local")
            #expect(first.accepted >= 7 && first.duplicates == 0 && first.rejected == 0)
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 6)

            let again = try await scene.daemon.deliver(log, to: "logs/local")
            #expect(again.accepted == 0 && again.duplicates >= first.accepted)
            let packed = try await scene.daemon.deliver(
                gzipped(log),
                to: "logs/local",
                headers: ["Content-Encoding": "gzip"]
            )
            #expect(packed == again)
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 6)
        }

        // The lines name only the tag where the client did; the events also say its digest.
        @Test func theLogAloneCountsAsTheEventsDo() async throws {
            let scene = try await HearingScene.start(
                policies: HearingScene.onlyReads,
                registries: ["local", "unheard"]
            )
            let digest = try await scene.push("team/api:v1", seed: 21)
            try await scene.readInEveryWay(digest)
            try await scene.everythingIsHeard()
            // What the tag points to is known from listing the registry.
            let listing = try await scene.daemon.run("plan", "--registry", "unheard", "--json")
            try #require(listing.status == 0, "\(listing.errors)")

            let log = try await gzipped(Array(scene.registry.accessLog.utf8))
            let headers = ["Content-Encoding": "gzip"]
            let counts = try await scene.daemon.deliver(log, to: "logs/unheard", headers: headers)
            #expect(counts.accepted >= 7 && counts.rejected == 0)
            for image in ["team/api:v1", "team/api@\(digest)"] {
                let events = try await scene.daemon.explain(image)
                let lines = try await scene.daemon.explain(image, registry: "unheard")
                #expect(lines.accesses == events.accesses, "\(image)")
            }
        }

        // A proxy in front writes nginx's combined format.
        @Test func nginxLinesCount() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.onlyReads)
            let digest = try await scene.push("team/api:v1", seed: 22)
            try await scene.everythingIsHeard()
            let time = LogStamp.commonLog()
            let lines = """
                10.20.30.40 - ci-bot [\(time)] "GET /v2/team/api/manifests/v1 HTTP/1.1" 200 1609 \
                "-" "containerd/v2.0.2"
                10.20.30.40 - - [\(time)] "HEAD /v2/team/api/manifests/v1 HTTP/1.1" 200 0 "-" \
                "docker/27.3.1 UpstreamClient(Docker-Client/27.3.1 \\x5C(linux\\x5C))"
                10.20.30.40 - - [\(time)] "GET /v2/team/api/manifests/\(digest) HTTP/1.1" 304 0 "-" "-"
                10.20.30.40 - - [\(time)] "GET /v2/team/api/manifests/v2 HTTP/1.1" 404 90 "-" "-"
                10.20.30.40 - - [\(time)] "GET /v2/team/api/blobs/\(digest) HTTP/1.1" 200 90 "-" "-"

                """
            let counts = try await scene.daemon.deliver(lines, to: "logs/local")
            #expect(counts == DeliveryCounts(accepted: 3, ignored: 2))
            #expect(try await scene.daemon.explain("team/api@\(digest)").accesses == 3)
        }

        // Azure writes one object a line.
        @Test func azureRecordsCount() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.onlyReads)
            let digest = try await scene.push("team/api:v1", seed: 23)
            try await scene.everythingIsHeard()
            let records = [
                LogStamp.azure("Pull", 200, digest, "00000001"),
                LogStamp.azure("Pull", 200, digest, "00000002"),
                LogStamp.azure("Pull", 404, digest, "00000003"),
            ]
            let counts = try await scene.daemon.deliver(
                records.joined(separator: "\n"),
                to: "logs/local?format=acr"
            )
            #expect(counts == DeliveryCounts(accepted: 2, ignored: 1))
            #expect(try await scene.daemon.explain("team/api:v1").accesses == 2)
        }
    }
}

extension HearingScene {
    /// Six reads of one image.
    fileprivate func readInEveryWay(_ digest: Digest) async throws {
        for reference in ["v1", "\(digest)"] {
            for method in ["GET", "HEAD", "GET"] {
                try await read("team/api", reference, method: method)
            }
        }
    }
}

private func gzipped(_ bytes: [UInt8]) async throws -> [UInt8] {
    guard let gzip = Command.find("gzip") else {
        throw HarnessError("no gzip on PATH; install Debian's gzip")
    }
    let folder = try TemporaryFolder()
    let result = try await Command.run(gzip, [folder.write(bytes, to: "log")])
    guard result.status == 0, let data = FileManager.default.contents(atPath: folder.file("log.gz"))
    else { throw HarnessError("gzip: \(result.errors)") }
    return Array(data)
}

/// Log records of this moment, so that they are within the history that is kept.
private enum LogStamp {
    /// `04/Mar/2026:05:06:07 +0000`.
    static func commonLog() -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        return formatter.string(from: Date())
    }

    static func azure(_ operation: String, _ status: Int, _ digest: Digest, _ id: String) -> String
    {
        #"{"time":"\#(HearingEnvelope.now)","category":"ContainerRegistryRepositoryEvents","#
            + #""operationName":"\#(operation)","identity":"ci-bot","resultDescription":"\#(status)","#
            + #""callerIpAddress":"203.0.113.18","correlationId":"5b0f6a5e-0000-0000-0000-\#(id)","#
            + #""properties":{"tag":"v1","digest":"\#(digest)","repository":"team/api","#
            + #""mediaType":"application/vnd.oci.image.manifest.v1+json","#
            + #""loginServer":"contoso.azurecr.io","userAgent":"containerd/v2.0.2"}}"#
    }
}
