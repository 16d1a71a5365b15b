import Foundation

/// An authority of a test's own, and the certificates that it signs for loopback.
package final class TestAuthority: Sendable {
    /// The authority's certificate, a PEM file.
    package let file: String
    private let folder: TemporaryFolder

    package init() async throws {
        folder = try TemporaryFolder()
        file = folder.file("authority.pem")
        try await openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=authority of a test"] + Self.newKey
                + ["-keyout", folder.file("authority.key"), "-out", file]
        )
    }

    /// Signs a certificate for 127.0.0.1; PEM files, which go with the last reference to this.
    package func sign(_ name: String) async throws -> (chain: String, key: String) {
        let (chain, key) = (folder.file("\(name).pem"), folder.file("\(name).key"))
        let request = folder.file("\(name).request")
        try await openssl(
            ["req", "-subj", "/CN=\(name)"] + Self.newKey + ["-keyout", key, "-out", request]
        )
        let names = try folder.write("subjectAltName=IP:127.0.0.1\n", to: "\(name).names")
        try await openssl(
            ["x509", "-req", "-days", "2", "-in", request, "-extfile", names, "-CA", file]
                + ["-CAkey", folder.file("authority.key"), "-CAcreateserial", "-out", chain]
        )
        return (chain, key)
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func openssl(_ arguments: [String]) async throws {
        guard let openssl = Command.find("openssl") else {
            throw HarnessError("no openssl on PATH; install it")
        }
        let result = try await Command.run(openssl, arguments)
        guard result.status == 0 else {
            throw HarnessError("openssl \(arguments.joined(separator: " ")): \(result.errors)")
        }
    }
}
