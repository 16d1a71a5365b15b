import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension FakeRegistry {
    /// A request that has come in whole.
    package struct Call: Sendable {
        var method: String
        var path: String
        var query: [String: String]
        var headers: HTTPFields
        var body: ByteBuffer
        /// The client's `ip:port`.
        var peer: String?
        /// The user, as far as the request names one.
        var user: String?

        subscript(field: String) -> String? {
            HTTPField.Name(field).flatMap { headers[$0] }
        }
    }

    /// An answer before it is sent.
    package struct Reply: Sendable {
        var status: Int
        var headers: HTTPFields = [:]
        var body = ByteBuffer()
        /// What goes wrong on the way.
        var fault: Fault?

        init(_ status: Int, body: ByteBuffer = ByteBuffer()) {
            self.status = status
            self.body = body
        }

        subscript(field: String) -> String? {
            get { HTTPField.Name(field).flatMap { headers[$0] } }
            set { if let name = HTTPField.Name(field) { headers[name] = newValue } }
        }
    }

    nonisolated func respond(
        to request: Request,
        _ context: FakeContext
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 30)
        let address = context.channel.remoteAddress
        let peer = address?.ipAddress.map { "\($0):\(address?.port ?? 0)" }
        let call = Call(
            method: request.method.rawValue,
            path: request.uri.path,
            query: Self.fields(of: request.uri.query ?? ""),
            headers: request.headers,
            body: body,
            peer: peer
        )
        let reply = await handle(call, query: request.uri.query)
        switch reply.fault {
        case .slow(let duration): try await Task.sleep(for: duration)
        case .drop: try await context.channel.close().get()
        default: break
        }
        return Self.response(reply, isHead: call.method == "HEAD")
    }

    private func handle(_ call: Call, query: String?) async -> Reply {
        var call = call
        let authorization = call["Authorization"]
        call.user = Self.user(in: authorization)
        if recordsRequests {
            requests.append(
                RecordedRequest(
                    method: call.method,
                    path: call.path,
                    query: query,
                    userAgent: call["User-Agent"],
                    authorization: authorization
                )
            )
        }
        let fault = nextFault(call.method, call.path)
        switch fault {
        case .answer(let status, let headers, let body):
            var reply = Reply(status, body: ByteBuffer(string: body))
            for (name, value) in headers { reply[name] = value }
            return reply
        case .challenge: return challenge(call)
        default: break
        }
        if call.path == "/token" { return token(call) }
        guard permits(call) else { return challenge(call) }
        var reply = route(call)
        if case .answerAfterAll(let status)? = fault { reply = Reply(status) }
        reply.fault = fault
        return reply
    }

    private func route(_ call: Call) -> Reply {
        guard call.path.hasPrefix("/v2/") else { return Reply(404) }
        let path = call.path.dropFirst(4)
        if path.isEmpty { return .json(200, "{}") }
        if path == "_catalog" { return catalog(call) }
        if path.hasSuffix("/tags/list") { return tagList(call, String(path.dropLast(10))) }
        if let range = path.range(of: "/manifests/", options: .backwards) {
            return manifest(call, String(path[..<range.lowerBound]), path[range.upperBound...])
        }
        if let range = path.range(of: "/blobs/uploads", options: .backwards) {
            let rest = path[range.upperBound...].drop { $0 == "/" }
            return upload(call, String(path[..<range.lowerBound]), String(rest))
        }
        if let range = path.range(of: "/blobs/", options: .backwards) {
            return blob(call, String(path[..<range.lowerBound]), path[range.upperBound...])
        }
        return Reply(404)
    }

    static func response(_ reply: Reply, isHead: Bool) -> Response {
        var headers = reply.headers
        headers[.contentLength] = "\(reply.body.readableBytes)"
        let status = HTTPResponse.Status(code: reply.status)
        if isHead { return Response(status: status, headers: headers) }
        var body = reply.body
        switch reply.fault {
        case .truncate:
            let half = body.readSlice(length: body.readableBytes / 2) ?? ByteBuffer()
            let cut = ResponseBody(contentLength: reply.body.readableBytes) { writer in
                try await writer.write(half)
                throw HarnessError("cut off on purpose")
            }
            return Response(status: status, headers: headers, body: cut)
        case .corrupt:
            // The last byte but one, which leaves the length and the braces as they are.
            if body.readableBytes > 1 { body.setInteger(UInt8(0x20), at: body.writerIndex - 2) }
        default: break
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    static func fields(of query: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            fields[String(parts[0])] = value.removingPercentEncoding ?? value
        }
        return fields
    }
}

extension FakeRegistry.Reply {
    static func json(_ status: Int, _ text: String) -> Self {
        var reply = Self(status, body: ByteBuffer(string: text))
        reply["Content-Type"] = "application/json; charset=utf-8"
        return reply
    }

    static func error(_ status: Int, _ code: String) -> Self {
        json(status, #"{"errors":[{"code":"\#(code)","message":"as it is said","detail":null}]}"#)
    }
}
