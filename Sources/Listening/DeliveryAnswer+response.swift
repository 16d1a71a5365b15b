import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension DeliveryAnswer {
    /// The answer as its sender gets it.
    var response: Response {
        let body = self == Self.oneAccepted ? Self.oneAcceptedBody : body
        return Response(
            status: .accepted,
            headers: Self.headers,
            body: ResponseBody(byteBuffer: body)
        )
    }

    /// Written by hand: there is one for every pull, and a general encoder takes longer than all
    /// the rest of the request.
    private var body: ByteBuffer {
        var body = ByteBufferAllocator().buffer(capacity: 96)
        body.writeStaticString(#"{"accepted":"#)
        body.writeString(String(accepted))
        body.writeStaticString(#","duplicates":"#)
        body.writeString(String(duplicates))
        body.writeStaticString(#","ignored":"#)
        body.writeString(String(ignored))
        body.writeStaticString(#","rejected":"#)
        body.writeString(String(rejected))
        body.writeStaticString("}")
        return body
    }

    /// What nearly all senders hear: a registry sends its events one by one.
    private static let oneAccepted = DeliveryAnswer(accepted: 1)
    private static let oneAcceptedBody = oneAccepted.body
    private static let headers: HTTPFields = [.contentType: "application/json"]
}
