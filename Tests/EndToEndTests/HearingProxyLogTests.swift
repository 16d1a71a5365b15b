import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// The log that nginx writes in the format of `deploy/nginx-log-format.conf`.
    @Suite(.serialized) struct ProxyLogTests {
        // The line of a pull by tag tells the digest, so no listing of the registry is needed to know
        // what was pulled.
        @Test
        func theFormatForNginxTellsWhatWasPulled() async throws {
            let scene = try await HearingScene.start(
                policies: HearingScene.onlyReads,
                registries: ["local", "unheard"]
            )
            let digest = try await scene.push("team/api:v1", seed: 40)
            let proxy = try await JSONProxy(before: scene.registry.url)
            for (method, reference) in [("GET", "v1"), ("HEAD", "v1"), ("GET", "\(digest)")] {
                let answer = try await proxy.read(method, "team/api", reference)
                #expect(answer.status == 200)
            }
            _ = try await proxy.read("GET", "team/api", "v2")

            try await eventually("four lines are written") {
                proxy.log.split(separator: "\n").count == 4
            }
            for place in ["logs/unheard", "logs/unheard?format=json"] {
                let isFirst = place == "logs/unheard"
                let counts = try await scene.daemon.deliver(proxy.log, to: place)
                #expect(counts.accepted == (isFirst ? 3 : 0))
                #expect(counts.duplicates == (isFirst ? 0 : 3))
                #expect(counts.ignored == 1 && counts.rejected == 0)
            }
            for (image, accesses) in [("team/api:v1", 3), ("team/api@\(digest)", 3)] {
                let said = try await scene.daemon.explain(image, registry: "unheard")
                #expect(said.accesses == accesses, "\(image)")
            }
        }
    }
}

/// nginx in front of a registry, with the log format that is delivered with lastpull.
private final class JSONProxy: Sendable {
    private let url: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(before upstream: String) async throws {
        guard let nginx = Self.nginx else { throw HarnessError("no nginx; install nginx-light") }
        let port = try LoopbackPort.free()
        url = "http://127.0.0.1:\(port)"
        folder = try TemporaryFolder()
        let format = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "deploy/nginx-log-format.conf").path
        let settings = """
            daemon off;
            master_process off;
            pid \(folder.path)/nginx.pid;
            error_log stderr;
            events {}
            http {
                include \(format);
                client_body_temp_path \(folder.path)/body;
                proxy_temp_path \(folder.path)/proxy;
                fastcgi_temp_path \(folder.path)/fastcgi;
                uwsgi_temp_path \(folder.path)/uwsgi;
                scgi_temp_path \(folder.path)/scgi;
                server {
                    listen 127.0.0.1:\(port);
                    location = /alive { access_log off; return 204; }
                    location / {
                        access_log \(folder.path)/registry.json lastpull;
                        proxy_pass \(upstream);
                        proxy_set_header Host $http_host;
                    }
                }
            }
            """
        process = try ChildProcess(
            nginx,
            ["-p", folder.path, "-c", folder.write(settings, to: "nginx.conf")],
            errors: folder.file("nginx.log")
        )
        try await eventually("nginx answers on \(port)", within: .seconds(20)) {
            try process.checkIsRunning()
            return try await LoopbackHTTP.get("\(url)/alive").status == 204
        }
    }

    var log: String { folder.text(of: "registry.json") }

    func read(
        _ method: String,
        _ repository: String,
        _ reference: String
    ) async throws -> LoopbackHTTP.Answer {
        try await LoopbackHTTP.send(
            method,
            "\(url)/v2/\(repository)/manifests/\(reference)",
            headers: [
                "Accept": "application/vnd.oci.image.manifest.v1+json, "
                    + "application/vnd.oci.image.index.v1+json, "
                    + "application/vnd.docker.distribution.manifest.v2+json"
            ]
        )
    }

    // Debian keeps servers where only root's PATH looks.
    private static var nginx: String? {
        Command.find("nginx")
            ?? ["/usr/sbin/nginx"].first(where: FileManager.default.isExecutableFile)
    }
}
