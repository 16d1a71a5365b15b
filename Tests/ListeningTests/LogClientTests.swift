import Foundation
import Listening
import RegistryModel
import TestSupport
import Testing

/// Forwarders and log shippers, each of which wants to be answered in its own way.
struct LogClientTests {
    private let sink = FakeSink()

    private func send(
        _ method: String,
        _ path: String,
        _ body: [UInt8] = [],
        headers: [String: String] = [:],
        tokens: AccessTokens? = nil,
        limits: BodyLimits = BodyLimits()
    ) async throws -> LoopbackHTTP.Answer {
        let routes = AccessRoutes(
            sink: sink,
            tokens: tokens,
            limits: limits,
            logger: .silent,
            now: { Timestamp(milliseconds: 0) }
        )
        return try await TestServer.run {
            routes.add(to: $0)
        } body: { server in
            try await LoopbackHTTP.send(
                method,
                server.url + path,
                headers: headers,
                body: method == "POST" || method == "PUT" ? body : nil
            )
        }
    }

    /// Every sample of a request: its lines are heard, and its sender is content.
    @Test(arguments: try LogRequest.all())
    func isHeardAndAnswered(_ request: LogRequest) async throws {
        let answer = try await send("POST", request.path, request.body, headers: request.headers)
        #expect(answer.status == request.status)
        #expect(sink.deliveries.map(\.source) == [.log])
        let accesses = sink.deliveries.flatMap(\.body.accesses)
        #expect(accesses.count == request.lines && !accesses.isEmpty)
        #expect(sink.deliveries.allSatisfy { $0.body.rejections.isEmpty })
        #expect(accesses.first?.tag?.description == "1.4.2")
    }

    @Test func splunkIsToldOfItsAcknowledgements() async throws {
        let body = Array(#"{"event":"x"}"#.utf8)
        let path = "/logs/local/services/collector/event"
        #expect(try await send("POST", path, body).text == #"{"text":"Success","code":0}"#)
        let channel = ["X-Splunk-Request-Channel": "1"]
        let answer = try await send("POST", path, body, headers: channel)
        #expect(answer.text == #"{"text":"Success","code":0,"ackId":0}"#)
        let wanted = Array(#"{"acks":[0,7]}"#.utf8)
        let acks = try await send("POST", "/logs/local/services/collector/ack", wanted)
        #expect(acks.text == #"{"acks":{"0":true,"7":true}}"#)
    }

    @Test(arguments: ["Splunk sesame", "ApiKey sesame", "ApiKey aWQ6c2VzYW1l", "Bearer sesame"])
    func everySchemeOfATokenIsTaken(authorization: String) async throws {
        let answer = try await send(
            "POST",
            "/logs/local/services/collector/raw",
            Array(Samples.logLine.utf8),
            headers: ["Authorization": authorization],
            tokens: AccessTokens(Secret("sesame"))
        )
        #expect(answer.status == 200)
        #expect(sink.deliveries.flatMap(\.body.accesses).count == 1)
    }

    /// Elasticsearch's own clients put, forwarders post.
    @Test(arguments: ["POST", "PUT"])
    func everyActionOfABulkIsAnswered(method: String) async throws {
        let text = #"""
            {"create":{"_index":"a\"b","_id":"1"}}
            {"message":"garbage"}
            {"index":{}}
            {"message":"garbage"}

            """#
        let answer = try await send(
            method,
            "/logs/local/_bulk?filter_path=errors",
            Array(text.utf8)
        )
        #expect(answer["X-Elastic-Product"] == "Elasticsearch")
        #expect(answer.text.contains(#""errors":false"#) && !answer.text.contains(": "))
        let tree = try #require(
            JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        )
        let items = try #require(tree["items"] as? [[String: [String: Any]]])
        #expect(items.map { $0.keys.first } == ["create", "index"])
        #expect(items[0]["create"]?["_index"] as? String == "a\"b")
        // It is counted, and not refused: a refusal would come again and again.
        #expect(sink.deliveries.map(\.body.rejections.count) == [2])
    }

    @Test(arguments: [
        ("GET", "", "You Know, for Search"), ("GET", "/_license", "active"),
        ("GET", "/_cluster/health", "green"), ("PUT", "/_index_template/logs", "acknowledged"),
        ("GET", "/services/collector/health/1.0", "HEC is healthy"), ("GET", "/ready", "healthy"),
        ("HEAD", "/_bulk", ""), ("HEAD", "/loki/api/v1/push", ""), ("HEAD", "/v1/logs", ""),
    ])
    func whatSendersAskBeforeIsAnswered(method: String, path: String, word: String) async throws {
        let answer = try await send(method, "/logs/local\(path)")
        #expect(answer.status == 200 && (word.isEmpty || answer.text.contains(word)))
        #expect(try await send(method, "/logs/other\(path)").status == 404)
    }

    @Test func whatOpenTelemetrySentInVainIsCounted() async throws {
        let body =
            #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}"#
        let answer = try await send("POST", "/logs/local/v1/logs", Array(body.utf8))
        #expect(answer.status == 200)
        #expect(answer.text.hasPrefix(#"{"partialSuccess":{"rejectedLogRecords":"1","#))
    }

    @Test(arguments: [
        ("", "application/msgpack", "format json"), ("", "application/x-msgpack", "format json"),
        ("/loki/api/v1/push", "application/x-protobuf", "compression: none"),
        ("/v1/logs", "application/x-protobuf", "encoding: json"),
    ])
    func aBodyThatCannotBeReadIsRefusedWithTheRemedy(
        path: String,
        type: String,
        remedy: String
    ) async throws {
        let answer = try await send(
            "POST",
            "/logs/local\(path)",
            [1],
            headers: ["Content-Type": type]
        )
        #expect(answer.status == 415 && answer.text.contains(remedy))
        #expect(sink.refusals == [[1]])
    }

    @Test func snappyIsRefusedWithTheRemedy() async throws {
        let answer = try await send(
            "POST",
            "/logs/local/loki/api/v1/push",
            [1],
            headers: ["Content-Encoding": "snappy"]
        )
        #expect(answer.status == 415 && answer.text.contains("gzip or none"))
    }

    @Test(arguments: [[:], ["Content-Encoding": "zstd"]])
    func zstdIsRead(headers: [String: String]) async throws {
        let answer = try await send("POST", "/logs/local", Self.zstd, headers: headers)
        #expect(answer.status == 202)
        #expect(sink.deliveries.flatMap(\.body.accesses).count == 1)
    }

    @Test func aBombOfZstdIsRefused() async throws {
        let limits = BodyLimits(received: 1_000, inflated: 199_999)
        let headers = ["Content-Encoding": "zstd"]
        let answer = try await send(
            "POST",
            "/logs/local",
            Self.bomb,
            headers: headers,
            limits: limits
        )
        #expect(answer.status == 413)
        #expect(sink.refusals == [Self.bomb])
    }

    @Test func keysAreTakenFromTheQuery() async throws {
        let body = #"{"when":1772600767,"m":"GET","p":"/v2/a/manifests/v1","s":200}"#
        let query = "format=json&time=when&method=m&path=p&status=s"
        let answer = try await send("POST", "/logs/local?\(query)", Array(body.utf8))
        #expect(answer.status == 202)
        #expect(sink.deliveries.flatMap(\.body.accesses).count == 1)
    }

    /// The first line of nginx's log in a Zstandard frame.
    private static let zstd = Array(
        Data(
            base64Encoded:
                "KLUv/QBoVQMA8ocZGGBZB2wKdao22h5yjGLEErmTunDjMKoCA8Dr/XbH1FZhMk4sm54+4SlyA+rf+uBCdp6H0V5iIXOTqyyJxYulFvmK1eTuWB9leRr9f6DHE+NJ8cToN2+xYeKQzkwS5KSCntgP+97DAA=="
        ) ?? Data()
    )
    /// 200,000 spaces in a few bytes.
    private static let bomb = Array(
        Data(base64Encoded: "KLUv/QRoTAAACCABAPz/ORACA2oIIIBY51I=") ?? Data()
    )
}

/// A whole request as a client sends it, under `fixtures/log-requests`.
struct LogRequest: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var path: String
    var headers: [String: String]
    var body: [UInt8]

    /// The status that its sender wants.
    var status: Int {
        if path.hasSuffix("/push") { return 204 }
        return path == "/logs/local" ? 202 : 200
    }

    /// How many accesses it holds.
    var lines: Int {
        String(decoding: body, as: UTF8.self).components(separatedBy: "HTTP/1.1").count - 1
            // Logstash says each line twice.
            - (testDescription.hasPrefix("logstash")
                ? String(decoding: body, as: UTF8.self)
                    .components(separatedBy: "original").count - 1 : 0)
    }

    static func all() throws -> [LogRequest] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: "fixtures/log-requests")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        return try files.filter { $0.pathExtension == "http" }
            .sorted { $0.path < $1.path }.map(LogRequest.init(file:))
    }

    private init(file: URL) throws {
        let data = try Data(contentsOf: file)
        let end = try #require(data.range(of: Data("\r\n\r\n".utf8)))
        let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        testDescription = file.lastPathComponent
        let place = head[0].components(separatedBy: " ")[1]
        path = place == "/in" ? "/logs/local" : "/logs/local\(place)"
        headers = [:]
        var length = 0
        for line in head.dropFirst() {
            let colon = try #require(line.firstIndex(of: ":"))
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            switch line[..<colon] {
            case "Content-Length": length = Int(value) ?? 0
            case "Host": continue
            default: headers[String(line[..<colon])] = value
            }
        }
        body = Array(data[end.upperBound...].prefix(length))
    }
}
