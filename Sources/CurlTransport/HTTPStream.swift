/// Sends one request and hands out the answer while it comes.
package protocol HTTPStreaming: Sendable {
    /// Returns as soon as the answer's header is there, whatever its status.
    func open(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream
}

/// An answer whose body is read as it comes, perhaps without end.
package struct HTTPStream: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    /// Pieces as they came.
    ///
    /// It ends with a `TransportError` where the answer is not whole, and with `bodyTooLarge` where
    /// nobody reads them fast enough; who stops reading ends the request.
    package let body: AsyncThrowingStream<[UInt8], any Error>

    /// The whole body, up to `limit` bytes of it: what an error says is short.
    package func text(limit: Int) async throws -> String {
        var bytes: [UInt8] = []
        for try await piece in body {
            bytes += piece
            if bytes.count >= limit { break }
        }
        return String(decoding: bytes.prefix(limit), as: UTF8.self)
    }
}
