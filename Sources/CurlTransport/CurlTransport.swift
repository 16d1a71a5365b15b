/// HTTP and HTTPS through libcurl, with connections that are kept and shared.
///
/// All transfers run at once on one thread, which ends with the last reference.
/// Requests to one host beyond the limit of connections wait for a free one.
package final class CurlTransport: HTTPTransport, HTTPStreaming {
    private let loop: TransferLoop?

    package init(maximumConnectionsPerHost: Int = 16) {
        loop = TransferLoop(maximumConnectionsPerHost: maximumConnectionsPerHost)
    }

    deinit { loop?.shutDown() }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard let loop else { throw .other(code: 0, text: "libcurl did not start") }
        if let fault = request.fault { throw .invalidRequest(fault) }
        let transfer = Transfer(request)
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.report(to: continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try outcome.get()
    }

    package func open(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
        guard let loop else { throw .other(code: 0, text: "libcurl did not start") }
        if let fault = request.fault { throw .invalidRequest(fault) }
        let (body, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.mostPieces)
        )
        let transfer = Transfer(request, streamingTo: continuation)
        continuation.onTermination = { _ in loop.cancel(transfer) }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.report(to: continuation)
                loop.start(transfer)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        let head = try outcome.get()
        return HTTPStream(status: head.status, headers: head.headers, body: body)
    }

    /// Pieces of at most 16 KiB that wait for a slow reader; beyond them the answer is given up.
    private static let mostPieces = 1_024
}
