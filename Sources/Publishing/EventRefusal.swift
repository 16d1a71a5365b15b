package import HTTPTypes
package import Hummingbird
import NIOCore

/// Why a question about events is not answered.
package struct EventRefusal: HTTPResponseError, Equatable, CustomStringConvertible {
    package let status: HTTPResponse.Status
    /// One line: the subject and the next step.
    package let reason: String

    package var description: String { reason }

    static func badRequest(_ reason: String) -> EventRefusal {
        EventRefusal(status: .badRequest, reason: reason)
    }

    /// Docker's clients read `message`, all others `error`.
    package func response(from request: Request, context: some RequestContext) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if status == .unauthorized {
            headers.append(HTTPField(name: .wwwAuthenticate, value: #"Bearer realm="lastpull""#))
            headers.append(HTTPField(name: .wwwAuthenticate, value: #"Basic realm="lastpull""#))
        }
        let text = reason.jsonQuoted
        let body = ByteBuffer(string: #"{"error":\#(text),"message":\#(text)}"# + "\n")
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
