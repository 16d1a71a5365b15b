import CurlTransport
import RegistryClients
import TestSupport
import Testing

/// A server that wants to know its clients by their certificates, which is how an engine that
/// listens on the network is protected.
@Suite(.enabled(if: Command.find("openssl") != nil, "needs openssl"))
struct ClientCertificateTests {
    // With TLS 1.3 the refusal comes when the client takes the handshake for done.
    @Test func aDemandedCertificateIsNamedAsSuch() async throws {
        try await withServer("-tls1_3") { request, _ in
            try await expectDemand(request)
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func aCertificateThatIsNotAcceptedIsNamedAsSuch(version: String) async throws {
        let other = try await TestAuthority()
        let stranger = try await other.sign("stranger")
        try await withServer(version) { request, _ in
            var request = request
            request.identity = ClientIdentity(certificate: stranger.chain, key: stranger.key)
            try await expectDemand(request)
        }
        // The files go with it.
        withExtendedLifetime(other) {}
    }

    // The server's own certificate is what is wrong, whatever the server is called.
    @Test func aNameIsNoRefusal() async throws {
        try await withServer("-tls1_3") { request, _ in
            var request = request
            request.url = request.url.replacing("127.0.0.1", with: "alertmanager.localhost")
            let error = await #expect(throws: TransportError.self) {
                try await CurlTransport().send(request)
            }
            guard case .untrusted = error else {
                Issue.record("not about the server: \(String(describing: error))")
                return
            }
        }
    }

    // Its refusal has other reasons, too: it is no secure connection.
    @Test func aRefusalOfTheOlderVersionIsNoMatterOfTrust() async throws {
        try await withServer("-tls1_2") { request, _ in
            let error = await #expect(throws: TransportError.self) {
                try await CurlTransport().send(request)
            }
            guard case .tls = error else {
                Issue.record("not a TLS error: \(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func aCertificateThatIsAcceptedOpens(version: String) async throws {
        try await withServer(version) { request, client in
            var request = request
            request.identity = client
            let status = try await CurlTransport().send(request).status
            #expect(status == 200)
        }
    }

    // What is to be done is another thing than where the engine's own certificate is not trusted.
    @Test func theEngineSaysWhatItWants() async throws {
        try await withServer("-tls1_3") { request, _ in
            var address = try #require(EngineAddress(url: request.url))
            let engine = EngineClient(name: "node", address: address, transport: CurlTransport())
            let strange = await #expect(throws: EngineError.self) { try await engine.containers() }
            #expect(strange?.kind == .untrusted)
            address.authorities = request.authorities
            let trusted = EngineClient(name: "node", address: address, transport: CurlTransport())
            let error = await #expect(throws: EngineError.self) { try await trusted.containers() }
            #expect(error?.kind == .wantsCertificate)
            #expect(error?.description.contains("certificateFile") == true)
        }
    }

    private func expectDemand(_ request: HTTPRequest) async throws {
        let error = await #expect(throws: TransportError.self) {
            try await CurlTransport().send(request)
        }
        guard case .wantsCertificate = error else {
            Issue.record("not about a certificate of ours: \(String(describing: error))")
            return
        }
    }

    /// Calls `body` with a request to the server, and a certificate that the server accepts.
    private func withServer(
        _ version: String,
        _ body: (HTTPRequest, ClientIdentity) async throws -> Void
    ) async throws {
        let authority = try await TestAuthority()
        let server = try await authority.sign("server")
        let client = try await authority.sign("client")
        let port = try LoopbackPort.free()
        let process = try ChildProcess(
            try #require(Command.find("openssl")),
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", server.chain,
                "-key", server.key, "-CAfile", authority.file, "-Verify", "1",
                "-verify_return_error", "-www", "-quiet", version,
            ]
        )
        var request = HTTPRequest(url: "https://127.0.0.1:\(port)")
        request.authorities = authority.file
        let identity = ClientIdentity(certificate: client.chain, key: client.key)
        var known = request
        known.identity = identity
        let first = known
        try await eventually("the server answers on \(port)", within: .seconds(20)) {
            try process.checkIsRunning()
            return (try? await CurlTransport().send(first).status) == 200
        }
        try await body(request, identity)
    }
}
