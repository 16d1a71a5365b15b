import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension DeliveryAnswer {
    /// The answer as its sender gets it.
    ///
    /// Written by hand: there is one for every pull, and a general encoder takes longer than all
    /// the rest of the request.
    var response: Response {
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
        return Response(
            status: .accepted,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: body)
        )
    }
}
