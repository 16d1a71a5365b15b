import CCurl
import Synchronization

/// One request on its way, and the answer as far as it has come.
///
/// `@unchecked Sendable`: made in the caller's task, then handed over to the thread of the loop,
/// which alone touches its variables; `isCancelled` is atomic.
final class Transfer: @unchecked Sendable {
    typealias Outcome = Result<HTTPResponse, TransportError>

    let isCancelled = Atomic<Bool>(false)
    private let request: HTTPRequest
    private var continuation: CheckedContinuation<Outcome, Never>?
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var isTooLarge = false
    /// Where the body goes that is read while it comes; nil for one that is collected.
    private let stream: AsyncThrowingStream<[UInt8], any Error>.Continuation?
    /// Set while libcurl works on it.
    private(set) var handle: EasyHandle?

    init(
        _ request: HTTPRequest,
        streamingTo stream: AsyncThrowingStream<[UInt8], any Error>.Continuation? = nil
    ) {
        self.request = request
        self.stream = stream
    }

    /// Says who waits for the outcome; before the transfer is handed to the loop.
    func report(to continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = continuation
    }

    /// Makes the libcurl handle, or returns nil when there is no memory for one.
    ///
    /// libcurl's pointer to this object is valid as long as the loop keeps the transfer, which is
    /// until the handle is out of libcurl's hands.
    func prepare() -> EasyHandle? {
        guard let handle = EasyHandle() else { return nil }
        handle.prepare(request)
        let context = Unmanaged.passUnretained(self).toOpaque()
        handle.set(CURLOPT_WRITEFUNCTION, receiver: receiveBody)
        handle.set(CURLOPT_WRITEDATA, data: context)
        handle.set(CURLOPT_HEADERFUNCTION, receiver: receiveHeader)
        handle.set(CURLOPT_HEADERDATA, data: context)
        self.handle = handle
        return handle
    }

    /// Ends a transfer that libcurl is done with.
    func finish(_ code: CURLcode) {
        guard let handle else { return }
        if isTooLarge {
            finish(.failure(.bodyTooLarge(limit: request.bodyLimit)))
        } else if code == CURLE_OK {
            let status = handle.number(CURLINFO_RESPONSE_CODE)
            finish(.success(HTTPResponse(status: status, headers: headers, body: body)))
        } else {
            finish(.failure(TransportError(code, handle)))
        }
    }

    /// Reports once; later calls do nothing.
    func finish(_ outcome: Outcome) {
        handle = nil
        continuation?.resume(returning: outcome)
        continuation = nil
        switch outcome {
        case .success: stream?.finish()
        case .failure(let error): stream?.finish(throwing: error)
        }
    }

    /// Tells of the header of an answer that is read while it comes.
    private func reportHead() {
        guard stream != nil, let handle else { return }
        let status = handle.number(CURLINFO_RESPONSE_CODE)
        guard status >= 200 else { return }
        continuation?.resume(returning: .success(HTTPResponse(status: status, headers: headers)))
        continuation = nil
    }

    fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let stream {
            guard case .dropped = stream.yield(Array(bytes)) else { return true }
            isTooLarge = true
            return false
        }
        guard body.count + bytes.count <= request.bodyLimit else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func takeHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        // A status line begins the next answer: after a redirect, or after "100 Continue".
        guard !line.hasPrefix("HTTP/") else {
            headers = HTTPHeaders()
            return
        }
        guard !line.allSatisfy(\.isNewline) else { return reportHead() }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...]
        headers.append(String(line[..<colon]), trimmed(value))
    }
}

private func trimmed(_ text: Substring) -> String {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
}

private func receiveBody(
    bytes: UnsafeMutablePointer<CChar>?,
    size: Int,
    count: Int,
    context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    // Any number but the one that came makes libcurl stop.
    return transfer.takeBody(buffer) ? buffer.count : -1
}

private func receiveHeader(
    bytes: UnsafeMutablePointer<CChar>?,
    size: Int,
    count: Int,
    context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    transfer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return size * count
}
