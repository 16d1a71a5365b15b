import Foundation

/// nginx in front of a server on loopback, with a certificate of an authority of its own.
///
/// The process and its files go with the last reference.
package final class TLSProxy: Sendable {
    /// `https://127.0.0.1:PORT`: the one name that the certificate is for.
    package let url: String
    /// The authority's certificate, in PEM.
    package let authority: String

    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Makes authority and certificate, starts nginx, and returns when it answers.
    package init(before upstream: String) async throws {
        guard let nginx = Self.nginx else { throw HarnessError("no nginx; install nginx-light") }
        let port = try LoopbackPort.free()
        folder = try TemporaryFolder()
        url = "https://127.0.0.1:\(port)"
        authority = folder.file("authority.pem")
        try await Self.makeCertificate(in: folder)
        let settings = Self.settings(folder.path, port: port, upstream: upstream)
        process = try ChildProcess(
            nginx,
            ["-p", folder.path, "-c", folder.write(settings, to: "nginx.conf")],
            errors: folder.file("nginx.log")
        )
        try await eventually("nginx answers on \(port)", within: .seconds(20)) {
            try process.checkIsRunning()
            // It tells a client without TLS that it came to the wrong port.
            return try await LoopbackHTTP.get("http://127.0.0.1:\(port)/").status == 400
        }
    }

    /// Whether it can run here.
    package static var isInstalled: Bool { nginx != nil && openssl != nil }

    // Debian keeps servers where only root's PATH looks.
    private static var nginx: String? {
        Command.find("nginx")
            ?? ["/usr/sbin/nginx"].first(where: FileManager.default.isExecutableFile)
    }

    private static var openssl: String? { Command.find("openssl") }

    private static func settings(_ folder: String, port: Int, upstream: String) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder)/nginx.pid;
        error_log stderr;
        events {}
        http {
            access_log off;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            client_max_body_size 0;
            server {
                listen 127.0.0.1:\(port) ssl;
                ssl_certificate \(folder)/server.pem;
                ssl_certificate_key \(folder)/server.key;
                location / {
                    proxy_pass \(upstream);
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-Proto https;
                }
            }
        }
        """
    }

    private static func makeCertificate(in folder: TemporaryFolder) async throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try await openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=authority of a test"] + key
                + ["-keyout", folder.file("authority.key"), "-out", folder.file("authority.pem")]
        )
        try await openssl(
            ["req", "-subj", "/CN=registry of a test"] + key
                + ["-keyout", folder.file("server.key"), "-out", folder.file("request.pem")]
        )
        let names = try folder.write("subjectAltName=IP:127.0.0.1\n", to: "names")
        try await openssl(
            ["x509", "-req", "-days", "2", "-in", folder.file("request.pem"), "-extfile", names]
                + ["-CA", folder.file("authority.pem"), "-CAkey", folder.file("authority.key")]
                + ["-CAcreateserial", "-out", folder.file("server.pem")]
        )
    }

    private static func openssl(_ arguments: [String]) async throws {
        guard let openssl else { throw HarnessError("no openssl on PATH; install it") }
        let result = try await Command.run(openssl, arguments)
        guard result.status == 0 else {
            throw HarnessError("openssl \(arguments.joined(separator: " ")): \(result.errors)")
        }
    }
}
