package import CurlTransport
package import RegistryModel

extension Webhook {
    /// The request that tells of an event, signed for this moment.
    ///
    /// A receiver checks that the signature is not old, so every attempt has one of its own; `id`
    /// and body stay the same.
    package func request(for event: CloudEvent, at time: Timestamp) -> HTTPRequest {
        let body: [UInt8]
        var headers = HTTPHeaders()
        switch mode {
        case .structured:
            body = Array(event.structured.utf8)
            headers["Content-Type"] = "application/cloudevents+json"
        case .binary:
            body = Array(event.data.utf8)
            headers["Content-Type"] = "application/json"
            for field in event.fields { headers[field.name] = field.value }
        }
        headers["User-Agent"] = OwnUserAgent.product
        headers["webhook-id"] = event.id
        let seconds = time.milliseconds / 1_000
        headers["webhook-timestamp"] = "\(seconds)"
        if !keys.isEmpty {
            headers["webhook-signature"] = keys.map {
                $0.signature(id: event.id, seconds: seconds, body: body)
            }.joined(separator: " ")
        }
        for field in fields { headers[field.name] = field.value.revealed }
        var request = HTTPRequest(method: "POST", url: url.revealed, headers: headers, body: body)
        request.timeout = Self.timeout
        request.connectTimeout = Self.timeout
        request.bodyLimit = Self.answerLimit
        request.authorities = authorities
        return request
    }

    /// A receiver has to answer, not to be done, by then.
    private static let timeout = Span.seconds(10)
    /// Bytes of an answer, which nobody reads.
    private static let answerLimit = 1 << 20
}
