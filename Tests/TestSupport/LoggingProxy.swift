import Foundation

/// nginx in front of a server on loopback, which sends its access log by syslog, and writes it to a
/// file, too, to compare with.
///
/// The process and its files go with the last reference.
package final class LoggingProxy: Sendable {
    /// `127.0.0.1:PORT`, as image references begin.
    package let host: String
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package let url: String

    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts it before `upstream`, sending to `receiver`, a UDP port of loopback, and returns when
    /// it answers; `rule` is a line of its settings about every request.
    package init(
        before upstream: String,
        sendingTo receiver: Int,
        rule: String = ""
    ) async throws {
        guard let nginx = Self.nginx else { throw HarnessError("no nginx; install nginx-light") }
        host = "127.0.0.1:\(try LoopbackPort.free())"
        url = "http://\(host)"
        folder = try TemporaryFolder()
        let settings = Self.settings(folder.path, host, upstream, receiver, rule)
        process = try ChildProcess(
            nginx,
            ["-p", folder.path, "-c", folder.write(settings, to: "nginx.conf")],
            errors: folder.file("nginx.log")
        )
        try await eventually("nginx answers on \(host)", within: .seconds(20)) {
            try process.checkIsRunning()
            return try await LoopbackHTTP.get("\(url)/alive").status == 204
        }
    }

    package static var isInstalled: Bool { nginx != nil }

    /// All access lines so far.
    package var accessLog: String { folder.text(of: "access.log") }

    /// How often somebody else than lastpull read a manifest under this name, and got it.
    package func reads(of repository: String, _ reference: String) -> Int {
        let path = " /v2/\(repository)/manifests/\(reference) HTTP/"
        return accessLog.split(separator: "\n").count { line in
            line.contains(path) && !line.contains("lastpull/")
                && (line.contains("\"GET ") || line.contains("\"HEAD "))
                && (line.contains("\" 200 ") || line.contains("\" 304 "))
        }
    }

    // Debian keeps servers where only root's PATH looks.
    private static var nginx: String? {
        Command.find("nginx")
            ?? ["/usr/sbin/nginx"].first(where: FileManager.default.isExecutableFile)
    }

    private static func settings(
        _ folder: String,
        _ host: String,
        _ upstream: String,
        _ receiver: Int,
        _ rule: String
    ) -> String {
        """
        daemon off;
        master_process off;
        worker_processes 2;
        user root;
        pid \(folder)/nginx.pid;
        error_log stderr;
        events {}
        http {
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            client_max_body_size 0;
            server {
                listen \(host);
                location = /alive {
                    access_log off;
                    return 204;
                }
                location / {
                    \(rule)
                    access_log syslog:server=127.0.0.1:\(receiver) combined;
                    access_log \(folder)/access.log combined;
                    proxy_pass \(upstream);
                    proxy_set_header Host $http_host;
                }
            }
        }
        """
    }
}
