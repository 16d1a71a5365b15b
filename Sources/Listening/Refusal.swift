import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Why a request is not taken, in the words that its sender reads.
struct Refusal: HTTPResponseError, Equatable {
    let status: HTTPResponse.Status
    /// One line: the subject and the next step.
    let reason: String
    var headers: HTTPFields = [:]

    func response(from request: Request, context: some RequestContext) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        // The answer to HEAD has no body, whatever it says.
        guard request.method != .head else { return Response(status: status, headers: headers) }
        return Response(status: status, headers: headers, body: body)
    }

    private var body: ResponseBody {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let text = (try? encoder.encode(["error": reason])) ?? Data()
        return ResponseBody(byteBuffer: ByteBuffer(bytes: text))
    }
}

extension Refusal {
    static func noToken(_ path: String) -> Refusal {
        unauthorized("\(path) needs a valid token: send it as Authorization: Bearer TOKEN")
    }

    static func badSignature(_ registry: String) -> Refusal {
        unauthorized(
            "the signature for registry \"\(registry)\" is not made with its token: "
                + "give the sender that token as its secret"
        )
    }

    private static func unauthorized(_ reason: String) -> Refusal {
        var headers: HTTPFields = [:]
        headers.append(HTTPField(name: .wwwAuthenticate, value: #"Bearer realm="lastpull""#))
        headers.append(HTTPField(name: .wwwAuthenticate, value: #"Basic realm="lastpull""#))
        return Refusal(status: .unauthorized, reason: reason, headers: headers)
    }

    static func unknown(registry: String) -> Refusal {
        let reason =
            "registry \"\(registry)\" is not in the settings: add it, or correct the address"
        return Refusal(status: .notFound, reason: reason)
    }

    static func tooLarge(limit: Int) -> Refusal {
        let reason = "body is larger than \(limit) bytes: send it in smaller parts"
        return Refusal(status: .contentTooLarge, reason: reason)
    }

    static func inflatesTooFar(limit: Int) -> Refusal {
        let reason = "body inflates to more than \(limit) bytes: send it in smaller parts"
        return Refusal(status: .contentTooLarge, reason: reason)
    }

    static func unknown(coding: String) -> Refusal {
        let remedy =
            coding.lowercased().contains("snappy")
            ? "set the sender's compression to gzip or none, and its format to JSON"
            : "send \(ContentCoding.known)"
        let reason = "content encoding \"\(coding)\" is not understood: \(remedy)"
        // RFC 9110, section 15.5.16: what would have been taken.
        let headers: HTTPFields = [.acceptEncoding: ContentCoding.known]
        return Refusal(status: .unsupportedMediaType, reason: reason, headers: headers)
    }

    static func unknown(format: String, known: [String]) -> Refusal {
        let list = known.joined(separator: ", ")
        let reason = "format \"\(format)\" is not known: use one of \(list), or leave it out"
        return Refusal(status: .badRequest, reason: reason)
    }

    /// Nothing of the delivery is recorded, and the sender is to try again.
    static func notRecorded(registry: String) -> Refusal {
        let reason = "delivery of registry \"\(registry)\" could not be recorded: send it again"
        return unavailable(reason)
    }

    static func unavailable(_ reason: String) -> Refusal {
        Refusal(status: .serviceUnavailable, reason: reason, headers: [.retryAfter: "1"])
    }
}
