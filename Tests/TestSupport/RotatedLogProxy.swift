import Foundation
import Glibc

/// nginx in front of a server on loopback, with an access log in the format `combined` in a file.
///
/// The process and its files go with the last reference.
package final class RotatedLogProxy: Sendable {
    package let url: String
    /// The path of the access log.
    package let log: String

    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts nginx, and returns when it answers.
    package init(before upstream: String) async throws {
        guard let nginx = Self.nginx else { throw HarnessError("no nginx; install nginx-light") }
        let port = try LoopbackPort.free()
        folder = try TemporaryFolder()
        url = "http://127.0.0.1:\(port)"
        log = folder.file("access.log")
        let settings = Self.settings(folder.path, log, port: port, upstream: upstream)
        process = try ChildProcess(
            nginx,
            ["-p", folder.path, "-c", folder.write(settings, to: "nginx.conf")],
            errors: folder.file("nginx.log")
        )
        let (url, process) = (url, process)
        try await eventually("nginx answers on \(port)", within: .seconds(20)) {
            try process.checkIsRunning()
            return try await LoopbackHTTP.get("\(url)/v2/").status == 200
        }
    }

    /// Renames the log and tells nginx to open it anew, as logrotate does.
    package func rotate(to name: String) async throws {
        try rename(to: name)
        try await reopen()
    }

    /// Renames the log; nginx goes on with it until it is told to reopen.
    package func rename(to name: String) throws {
        try FileManager.default.moveItem(atPath: log, toPath: folder.file(name))
    }

    package func reopen() async throws {
        process.send(SIGUSR1)
        let log = log
        try await eventually("nginx opens its log") { FileManager.default.fileExists(atPath: log) }
    }

    /// Makes an empty log beforehand, as logrotate's `create` does.
    package func createLog() throws { try folder.write("", to: "access.log") }

    /// Copies the log and truncates it beneath nginx, as logrotate's `copytruncate` does.
    package func copyAndTruncate(to name: String) throws {
        try FileManager.default.copyItem(atPath: log, toPath: folder.file(name))
        guard truncate(log, 0) == 0 else { throw HarnessError("can't truncate \(log)") }
    }

    /// All lines that were ever logged, of every file.
    package var lines: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix("access.log") }
            .flatMap { folder.text(of: $0).split(separator: "\n").map(String.init) }
    }

    private static var nginx: String? {
        Command.find("nginx")
            ?? ["/usr/sbin/nginx"].first(where: FileManager.default.isExecutableFile)
    }

    private static func settings(
        _ folder: String,
        _ log: String,
        port: Int,
        upstream: String
    ) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder)/nginx.pid;
        error_log stderr;
        events {}
        http {
            access_log \(log) combined;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            client_max_body_size 0;
            server {
                listen 127.0.0.1:\(port);
                location / {
                    proxy_pass \(upstream);
                    proxy_set_header Host $http_host;
                }
            }
        }
        """
    }
}
