import Foundation
import Listening
import Logging
import RegistryModel
import TestSupport
import Testing

struct DeliveryTests {
    private let sink = FakeSink()

    private func post(
        _ path: String,
        _ body: [UInt8],
        method: String = "POST",
        headers: [String: String] = [:],
        tokens: AccessTokens? = nil,
        limits: BodyLimits = BodyLimits(),
        sink: FakeSink? = nil
    ) async throws -> LoopbackHTTP.Answer {
        let sink = sink ?? self.sink
        let routes = AccessRoutes(
            sink: sink,
            tokens: tokens,
            limits: limits,
            logger: .silent,
            now: { .init(milliseconds: 0) }
        )
        return try await TestServer.run {
            routes.add(to: $0)
        } body: { server in
            try await LoopbackHTTP.send(
                method,
                server.url + path,
                headers: headers,
                body: method == "HEAD" ? nil : body
            )
        }
    }

    @Test func aNotificationIsRecordedAndAnswered() async throws {
        let answer = try await post("/hooks/local", Array(Samples.envelope.utf8))
        #expect(answer.status == 202)
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer.text == #"{"accepted":1,"duplicates":7,"ignored":0,"rejected":0}"#)
        let delivery = try #require(sink.deliveries.first)
        #expect(sink.deliveries.count == 1)
        #expect(delivery.source == .events)
        #expect(delivery.registry == "local")
        #expect(delivery.body.accesses.first?.tag?.description == "1.4.2")
    }

    @Test(arguments: ["/logs/local", "/logs/local?format=combined", "/logs/loc%61l"])
    func aLogIsRecordedAndAnswered(path: String) async throws {
        let answer = try await post(path, Array((Samples.logLine + Samples.logLine).utf8))
        #expect(answer.status == 202)
        #expect(answer.text == #"{"accepted":2,"duplicates":7,"ignored":0,"rejected":0}"#)
        #expect(sink.deliveries.map(\.source) == [.log])
    }

    /// A refusal would block the sender's queue for ever.
    @Test(arguments: ["", "no JSON", "[]", "{}"])
    func anUndecodableNotificationIsRecordedAsRejected(body: String) async throws {
        let answer = try await post("/hooks/local", Array(body.utf8))
        #expect(answer.status == 202)
        #expect(answer.text == #"{"accepted":0,"duplicates":7,"ignored":0,"rejected":1}"#)
        #expect(sink.deliveries.first?.body.rejections.count == 1)
    }

    @Test func anEmptyLogIsNothing() async throws {
        let answer = try await post("/logs/local", [])
        #expect(answer.status == 202)
        #expect(answer.text == #"{"accepted":0,"duplicates":7,"ignored":0,"rejected":0}"#)
    }

    @Test(arguments: [
        ("gzip", Samples.gzip), ("x-gzip", Samples.gzip), ("GZIP", Samples.gzip),
        ("deflate", Samples.zlib), ("identity", Array(#"{"events":[]}"#.utf8)),
    ])
    func aCompressedNotificationIsInflated(coding: String, body: [UInt8]) async throws {
        let answer = try await post("/hooks/local", body, headers: ["Content-Encoding": coding])
        #expect(answer.status == 202)
        #expect(sink.deliveries.map(\.body) == [DecodedBody()])
    }

    @Test(arguments: [[:], ["Content-Encoding": "gzip"]])
    func aCompressedLogIsInflatedWithAndWithoutAWord(headers: [String: String]) async throws {
        _ = try await post("/logs/local", Samples.logGzip, headers: headers)
        #expect(sink.deliveries.first?.body.accesses.count == 1)
    }

    @Test(arguments: [Array("plain".utf8), Array(Samples.gzip.dropLast(9)), []])
    func aBodyThatCannotBeInflatedIsRecordedAsRejected(body: [UInt8]) async throws {
        let answer = try await post("/logs/local", body, headers: ["Content-Encoding": "gzip"])
        #expect(answer.status == 202)
        let rejection = try #require(sink.deliveries.first?.body.rejections.first)
        #expect(rejection.excerpt == body)
        #expect(sink.deliveries.first?.body.rejections.count == 1)
    }

    @Test func aBombIsRefused() async throws {
        let answer = try await post(
            "/logs/local",
            Samples.bomb,
            headers: ["Content-Encoding": "gzip"],
            limits: BodyLimits(received: 1_000, inflated: 199_999)
        )
        #expect(answer.status == 413)
        let reason = "body inflates to more than 199999 bytes: send it in smaller parts"
        #expect(answer.text == #"{"error":"\#(reason)"}"#)
        #expect(sink.refusals == [Samples.bomb])
        let roomy = BodyLimits(received: 1_000, inflated: 200_000)
        let headers = ["Content-Encoding": "gzip"]
        #expect(
            try await post("/logs/local", Samples.bomb, headers: headers, limits: roomy).status
                == 202
        )
    }

    @Test func aBodyMayHaveTheLimitAndNoMore() async throws {
        let limits = BodyLimits(received: 1_000)
        let longest = [UInt8](repeating: UInt8(ascii: " "), count: 1_000)
        #expect(try await post("/logs/local", longest, limits: limits).status == 202)
        let answer = try await post("/logs/local", longest + [32], limits: limits)
        #expect(answer.status == 413)
        #expect(
            answer.text == #"{"error":"body is larger than 1000 bytes: send it in smaller parts"}"#
        )
        let rejection = try #require(sink.deliveries.last?.body.rejections.first)
        #expect(rejection.reason.hasPrefix("refused with 413: body is larger than 1000 bytes"))
    }

    // Else its sender would drop it, and nobody would know.
    @Test func aRefusalThatCannotBeRecordedAsksToSendAgain() async throws {
        let broken = FakeSink(isBroken: true)
        let limits = BodyLimits(received: 10)
        let body = [UInt8](repeating: 32, count: 11)
        let answer = try await post("/logs/local", body, limits: limits, sink: broken)
        #expect(answer.status == 503)
    }

    @Test(arguments: ["br", "gzip, gzip", "snappy"])
    func anUnknownCodingIsRefused(coding: String) async throws {
        let answer = try await post("/logs/local", [1], headers: ["Content-Encoding": coding])
        #expect(answer.status == 415)
        #expect(answer["Accept-Encoding"] == "gzip, deflate, zstd, identity")
        #expect(sink.refusals == [[1]])
    }

    @Test func anUnknownFormatIsRefusedWithTheListOfFormats() async throws {
        let answer = try await post("/logs/local?format=w3c", [])
        #expect(answer.status == 400)
        #expect(sink.refusals == [[]])
        let reason = #"format \"w3c\" is not known: use one of "#
        #expect(answer.text.hasPrefix(#"{"error":"\#(reason)"#))
        #expect(answer.text.contains("combined"))
    }

    @Test(arguments: ["/hooks/other", "/logs/other"])
    func anUnknownRegistryIsNotFound(path: String) async throws {
        let answer = try await post(path, [])
        #expect(answer.status == 404)
        let reason = #"registry \"other\" is not in the settings: add it, or correct the address"#
        #expect(answer.text == #"{"error":"\#(reason)"}"#)
        #expect(sink.deliveries.isEmpty)
    }

    /// Before all else, so that a stranger learns nothing.
    @Test(arguments: ["/hooks/local", "/logs/local", "/hooks/other", "/logs/local?format=w3c"])
    func withoutTheTokenNothingIsTaken(path: String) async throws {
        let tokens = AccessTokens(Secret("sesame"))
        let routes = AccessRoutes(
            sink: sink,
            tokens: tokens,
            logger: .silent,
            now: { .init(milliseconds: 0) }
        )
        try await TestServer.run {
            routes.add(to: $0)
        } body: { server in
            for headers in [[:], ["Authorization": "Bearer wrong"]] {
                let text = try await StreamingClient.answer(
                    port: server.port,
                    path: path,
                    method: "POST",
                    headers: headers
                )
                #expect(text.hasPrefix("HTTP/1.1 401 "))
                #expect(text.contains(#"WWW-Authenticate: Bearer realm="lastpull""#))
                #expect(text.contains(#"WWW-Authenticate: Basic realm="lastpull""#))
                #expect(text.contains("\r\n\r\n{\"error\":\"/"))
            }
            let text = try await StreamingClient.answer(
                port: server.port,
                path: path,
                method: "HEAD"
            )
            #expect(text.hasPrefix("HTTP/1.1 401 "))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
        #expect(sink.deliveries.isEmpty)
    }

    @Test func withTheTokenItIsTaken() async throws {
        let answer = try await post(
            "/hooks/local",
            Array(Samples.envelope.utf8),
            headers: ["Authorization": "Bearer sesame"],
            tokens: AccessTokens(Secret("sesame"))
        )
        #expect(answer.status == 202)
    }

    @Test(arguments: [
        ("/hooks/local", 200), ("/logs/local", 200), ("/hooks/other", 404), ("/logs/other", 404),
    ])
    func headTellsWhetherDeliveriesWouldBeTaken(path: String, status: Int) async throws {
        #expect(try await post(path, [], method: "HEAD").status == status)
    }

    @Test func aSinkThatFailsMakesTheSenderTryAgain() async throws {
        let answer = try await post("/hooks/local", [], sink: FakeSink(isBroken: true))
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "1")
        let reason = #"delivery of registry \"local\" could not be recorded: send it again"#
        #expect(answer.text == #"{"error":"\#(reason)"}"#)
    }

    @Test func anOutageIsLoggedOnce() async throws {
        let log = LineLog()
        let sink = FakeSink(isBroken: true)
        let routes = AccessRoutes(
            sink: sink,
            tokens: nil,
            logger: log.logger,
            now: { .init(milliseconds: 0) }
        )
        try await TestServer.run {
            routes.add(to: $0)
        } body: { server in
            for _ in 0..<5 { _ = try await LoopbackHTTP.post(server.url + "/hooks/local", "{}") }
        }
        #expect(log.lines == ["error: delivery could not be recorded"])
    }
}
