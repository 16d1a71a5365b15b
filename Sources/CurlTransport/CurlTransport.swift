/// HTTP and HTTPS through libcurl, with connections that are kept and shared.
///
/// All transfers run at once on one thread, which ends with the last reference.
/// Requests to one host beyond the limit of connections wait for a free one.
package final class CurlTransport: HTTPTransport {
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
}
