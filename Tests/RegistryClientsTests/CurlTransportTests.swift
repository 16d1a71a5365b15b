import CurlTransport
import RegistryModel
import TestSupport
import Testing

struct CurlTransportTests {
    @Test func returnsStatusHeadersAndBody() async throws {
        try await withRegistry { registry in
            let answer = try await transport.send(HTTPRequest(url: "\(registry.url)/v2/"))
            #expect(answer.status == 200)
            #expect(answer.headers["content-TYPE"] == "application/json; charset=utf-8")
            #expect(answer.body == Array("{}".utf8))
        }
    }

    @Test func refusedConnectionIsToldFromOthers() async throws {
        let port = try LoopbackPort.free()
        await #expect(throws: TransportError.connectionRefused) {
            try await transport.send(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
        }
    }

    @Test func answerThatComesLateIsATimeout() async throws {
        try await withRegistry { registry in
            await registry.fail(.slow(.seconds(60)))
            var request = HTTPRequest(url: "\(registry.url)/v2/")
            request.timeout = Span(milliseconds: 200)
            await #expect(throws: TransportError.timeout) { try await transport.send(request) }
        }
    }

    @Test func truncatedBodyIsAnErrorAndNotAShortBody() async throws {
        try await withRegistry { registry in
            let digest = await registry.addBlob("team/api", Array(repeating: 7, count: 100_000))
            await registry.fail(.truncate)
            let url = "\(registry.url)/v2/team/api/blobs/\(digest)"
            await expectInterruption { try await transport.send(HTTPRequest(url: url)) }
        }
    }

    @Test func droppedConnectionIsAnError() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 10, .drop)
            let request = HTTPRequest(url: "\(registry.url)/v2/")
            await expectInterruption { try await transport.send(request) }
        }
    }

    // Memory stays bounded whatever a server sends.
    @Test func bodyOverTheLimitIsNotTakenIn() async throws {
        try await withRegistry { registry in
            let digest = await registry.addBlob("team/api", Array(repeating: 7, count: 100_001))
            var request = HTTPRequest(url: "\(registry.url)/v2/team/api/blobs/\(digest)")
            request.bodyLimit = 100_000
            await #expect(throws: TransportError.bodyTooLarge(limit: 100_000)) {
                try await transport.send(request)
            }
            request.bodyLimit = 100_001
            let size = try await transport.send(request).body.count
            #expect(size == 100_001)
        }
    }

    @Test func cancelledTaskEndsItsTransferAtOnce() async throws {
        try await withRegistry { registry in
            await registry.fail(.slow(.seconds(60)))
            let request = HTTPRequest(url: "\(registry.url)/v2/")
            let task = Task { try await transport.send(request) }
            try await eventually("the request is there") { await !registry.requests.isEmpty }
            task.cancel()
            await #expect(throws: TransportError.cancelled) { try await task.value }
        }
    }

    @Test func requestOfACancelledTaskIsNotSent() async throws {
        try await withRegistry { registry in
            let request = HTTPRequest(url: "\(registry.url)/v2/")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await transport.send(request)
            }
            await #expect(throws: TransportError.cancelled) { try await task.value }
            #expect(await registry.requests.isEmpty)
        }
    }

    // More requests than connections, so some have to wait for one.
    @Test func manyRequestsAtOnceAllGetTheirOwnAnswer() async throws {
        try await withRegistry { registry in
            let own = CurlTransport(maximumConnectionsPerHost: 4)
            let blobs = (0..<100).map { Array("blob \($0)".utf8) }
            var digests: [Digest] = []
            for blob in blobs { digests.append(await registry.addBlob("team/api", blob)) }
            let urls = digests.map { "\(registry.url)/v2/team/api/blobs/\($0)" }
            let answers = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
                for (index, url) in urls.enumerated() {
                    group.addTask { (index, try await own.send(HTTPRequest(url: url)).body) }
                }
                return try await group.reduce(into: [Int: [UInt8]]()) { $0[$1.0] = $1.1 }
            }
            for (index, blob) in blobs.enumerated() { #expect(answers[index] == blob) }
        }
    }

    @Test func redirectIsReturnedUnlessAskedToFollow() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(307, headers: ["Location": "/elsewhere"]))
            let answer = try await transport.send(HTTPRequest(url: "\(registry.url)/v2/"))
            #expect(answer.status == 307)
            #expect(await registry.requests.count == 1)
        }
    }

    @Test func followedRedirectTakesNoCredentialsToAnotherOrigin() async throws {
        try await withRegistry { registry in
            try await withRegistry { other in
                let target = "\(other.url)/v2/"
                await registry.fail(.answer(307, headers: ["Location": target]))
                var request = HTTPRequest(url: "\(registry.url)/v2/")
                request.headers["Authorization"] = "Basic c2VjcmV0"
                request.followsRedirects = true
                let status = try await transport.send(request).status
                #expect(status == 200)
                #expect(await registry.requests.map(\.authorization) == ["Basic c2VjcmV0"])
                #expect(await other.requests.map(\.authorization) == [nil])
            }
        }
    }

    @Test(arguments: ["DELETE", "PUT"])
    func redirectOfAWriteIsNeverFollowed(method: String) async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(307, headers: ["Location": "/v2/"]))
            var request = HTTPRequest(method: method, url: "\(registry.url)/v2/")
            request.followsRedirects = true
            let status = try await transport.send(request).status
            #expect(status == 307)
            #expect(await registry.requests.count == 1)
        }
    }

    @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "127.0.0.1", ""])
    func onlyHTTPIsSpoken(url: String) async throws {
        await #expect(
            throws: TransportError.invalidRequest("the URL must begin with http:// or https://")
        ) {
            try await transport.send(HTTPRequest(url: url))
        }
    }

    @Test func lineBreakInAHeaderIsRefused() async throws {
        let request = HTTPRequest(url: "http://127.0.0.1/", headers: ["A": "b\r\nC: d"])
        await #expect(throws: TransportError.invalidRequest("control characters in a header field"))
        {
            try await transport.send(request)
        }
    }

    // A registry that speaks plain HTTP on a port given as https.
    @Test func plainServerOnASecureURLIsATLSError() async throws {
        try await withRegistry { registry in
            let request = HTTPRequest(url: "https://\(registry.host)/v2/")
            let error = await #expect(throws: TransportError.self) {
                try await transport.send(request)
            }
            guard case .tls = error else {
                Issue.record("not a TLS error: \(String(describing: error))")
                return
            }
        }
    }

    private func expectInterruption(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> HTTPResponse
    ) async {
        let error = await #expect(throws: TransportError.self, sourceLocation: sourceLocation) {
            try await body()
        }
        guard case .interrupted = error else {
            Issue.record(
                "not an interruption: \(String(describing: error))",
                sourceLocation: sourceLocation
            )
            return
        }
    }
}
