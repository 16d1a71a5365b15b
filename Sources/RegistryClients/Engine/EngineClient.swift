package import CurlTransport
import Foundation
import RegistryModel

/// A Docker Engine, or Podman's service that speaks like one.
///
/// Nothing is ever forced: what is in use stays, and the engine says so.
package struct EngineClient: Sendable {
    /// What errors call the engine.
    package let name: String
    package let address: EngineAddress
    let transport: any HTTPTransport & HTTPStreaming
    let memory = VersionMemory()

    package init(
        name: String,
        address: EngineAddress,
        transport: any HTTPTransport & HTTPStreaming
    ) {
        self.name = name
        self.address = address
        self.transport = transport
    }

    func call(_ operation: String, _ subject: String? = nil) -> EngineCall {
        let engine = "engine \(name)"
        return EngineCall(
            operation: operation,
            subject: subject.map { "\($0) of \(engine)" } ?? engine
        )
    }

    /// A request to a path below the version that both sides speak.
    func request(
        _ method: String,
        _ path: String,
        _ query: [(String, String)] = []
    ) async throws(EngineError) -> HTTPRequest {
        let version = try await identity().api
        let text = query.map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
        var request = address.request(
            method,
            "/v\(version)\(path)\(text.isEmpty ? "" : "?\(text)")"
        )
        request.headers["User-Agent"] = OwnUserAgent.product
        request.timeout = Self.patience
        request.bodyLimit = Self.largestAnswer
        return request
    }

    func send(
        _ method: String,
        _ path: String,
        _ query: [(String, String)] = [],
        for call: EngineCall
    ) async throws(EngineError) -> HTTPResponse {
        try await exchange(try await request(method, path, query), for: call)
    }

    /// Sends a request, and throws for every status that is no success.
    func exchange(
        _ request: HTTPRequest,
        for call: EngineCall
    ) async throws(EngineError) -> HTTPResponse {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            memory.identity = nil
            throw call.error(for: error)
        }
        guard (200..<300).contains(response.status) || response.status == 304 else {
            throw call.error(status: response.status, saying: Self.message(in: response.body))
        }
        return response
    }

    func decode<Value: Decodable>(
        _ body: [UInt8],
        for call: EngineCall
    ) throws(EngineError) -> Value {
        do {
            return try Self.decoder.decode(Value.self, from: Data(body))
        } catch {
            throw call.error(.badAnswer, "not the JSON that was expected")
        }
    }

    /// Engines write `Id`, `ID` and `RepoTags` for what Swift calls `id` and `repoTags`.
    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            let key = path.last?.stringValue ?? ""
            let isInitials = key.allSatisfy(\.isUppercase)
            return WireKey(
                stringValue: isInitials
                    ? key.lowercased() : key.prefix(1).lowercased() + key.dropFirst()
            )
        }
        return decoder
    }

    private struct WireKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    /// What an error's body says, on one line.
    static func message(in body: [UInt8]) -> String {
        struct Message: Decodable {
            let message: String?
        }
        let text = try? JSONDecoder().decode(Message.self, from: Data(body)).message
        let line = (text ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        return String(line.prefix(longestMessage))
    }

    private static let longestMessage = 300

    /// A prune or a measurement of a full engine takes minutes, and its disk may be slow.
    private static let patience = Span.minutes(30)

    /// Bytes; an engine with ten thousand containers lists them in some 20 MB.
    private static let largestAnswer = 256 << 20
}

extension String {
    /// Percent-encoded for an image's name in a path, whose slashes stay.
    var pathEncoded: String {
        split(separator: "/", omittingEmptySubsequences: false)
            .map { String($0).percentEncoded }.joined(separator: "/")
    }
}
