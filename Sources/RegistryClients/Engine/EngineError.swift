import CurlTransport

/// Why a call to an engine failed.
package struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// Nobody listens there, or this user may not connect.
        case unreachable
        case untrusted
        /// It wants a certificate of ours, and got none or one that it does not accept.
        case wantsCertificate
        /// No secure connection for another reason.
        case insecure
        case timeout
        case cancelled
        case notFound
        /// In use, or referred to by something else.
        case conflict
        /// Another prune is under way.
        case busy
        /// The engine does not permit it.
        case forbidden
        /// The engine does not understand what is asked.
        case refused
        /// The engine can't do that at all.
        case unsupported
        case failed
        case badAnswer
    }

    /// What was asked for, such as `list the images`.
    package var operation: String
    /// The engine, and of what in it.
    package var subject: String
    package var kind: Kind
    /// One line of what the engine said.
    package var detail: String

    package init(operation: String, subject: String, kind: Kind, detail: String = "") {
        self.operation = operation
        self.subject = subject
        self.kind = kind
        self.detail = detail
    }

    /// Whether the same call may succeed later without anybody doing anything.
    package var isRetryable: Bool {
        switch kind {
        case .unreachable, .timeout, .busy, .failed: true
        default: false
        }
    }

    package var description: String {
        "cannot \(operation) of \(subject): \(advice)" + (detail.isEmpty ? "" : " (\(detail))")
    }

    private var advice: String {
        switch kind {
        case .unreachable: "it does not answer; is it running, and may this user use its socket?"
        case .untrusted: "its certificate is not trusted; name its authority in caFile"
        case .wantsCertificate:
            "it wants to know lastpull by a certificate; name one that it accepts in"
                + " certificateFile and keyFile"
        case .insecure: "no secure connection; does it speak TLS on that port?"
        case .timeout: "no whole answer in time"
        case .cancelled: "cancelled"
        case .notFound: "not found"
        case .conflict: "it is in use"
        case .busy: "a prune operation is already running there; try again when it has ended"
        case .forbidden: "it does not permit this; give the user or certificate the right"
        case .refused: "it does not understand the request"
        case .unsupported: "it can't do that"
        case .failed: "it failed; look at its log"
        case .badAnswer: "an answer that can't be used"
        }
    }
}

/// A call under way: what errors are named after.
struct EngineCall: Sendable {
    let operation: String
    let subject: String

    func error(_ kind: EngineError.Kind, _ detail: String = "") -> EngineError {
        EngineError(operation: operation, subject: subject, kind: kind, detail: detail)
    }

    func error(for failure: TransportError) -> EngineError {
        switch failure {
        case .untrusted(let text): error(.untrusted, text)
        case .wantsCertificate(let text): error(.wantsCertificate, text)
        case .tls(let text): error(.insecure, text)
        case .timeout: error(.timeout)
        case .cancelled: error(.cancelled)
        case .bodyTooLarge, .invalidRequest: error(.badAnswer, "\(failure)")
        case .connectionRefused: error(.unreachable)
        case .unreachable, .unknownHost, .interrupted, .other: error(.unreachable, "\(failure)")
        }
    }

    /// What a status that is no success means (Docker Engine API, "Errors").
    func error(status: Int, saying message: String) -> EngineError {
        let isPrune = message.contains("prune operation is already running")
        let kind: EngineError.Kind =
            switch status {
            case 400: .refused
            case 401, 403: .forbidden
            case 404: .notFound
            case 409: isPrune ? .busy : .conflict
            case 501: .unsupported
            case 500...: .failed
            default: .badAnswer
            }
        return error(kind, message.isEmpty ? "status \(status)" : message)
    }
}
