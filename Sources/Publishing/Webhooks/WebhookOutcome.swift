package import CurlTransport
import RegistryClients
package import RegistryModel

/// How one attempt to deliver an event ended.
package enum WebhookOutcome: Sendable, Equatable {
    case delivered
    /// Refused for what it is: the next event may be taken.
    case refused(String)
    /// Not taken, as any other would not be; not tried again before `retryAfter` has passed.
    case unreached(String, retryAfter: Span?)
    /// The receiver wants no more.
    case gone(String)
    /// We gave up ourselves.
    case cancelled

    /// Judges what came back (CloudEvents webhooks, section 2.2; Standard Webhooks, "Delivery").
    package init(_ result: Result<HTTPResponse, TransportError>, at time: Timestamp) {
        switch result {
        case .success(let response): self.init(response, at: time)
        case .failure(.cancelled): self = .cancelled
        case .failure(let error): self = .unreached("\(error)", retryAfter: nil)
        }
    }

    private init(_ response: HTTPResponse, at time: Timestamp) {
        let status = response.status
        switch status {
        case 200..<300: self = .delivered
        case 410: self = .gone("answered 410, so it wants no more; restart lastpull to try again")
        case 400, 413, 422: self = .refused("answered \(status)" + Self.advice(status))
        default:
            let wait = RetryAfter.span(response.headers["Retry-After"], now: time)
            self = .unreached(
                "answered \(status)" + Self.advice(status),
                retryAfter: wait.map { min($0, Self.longestWait) }
            )
        }
    }

    private static func advice(_ status: Int) -> String {
        switch status {
        case 300..<400: "; redirects are not followed: name the new address in the settings"
        case 400: "; look into its log: the signature, perhaps"
        case 401, 403: "; check the secret, the token and the header fields in the settings"
        case 404, 405: "; check the address in the settings"
        case 413: "; it takes no body as large"
        case 415: "; it may want the other `mode`"
        default: ""
        }
    }

    /// Whatever a receiver asks for, it is looked after this often.
    private static let longestWait = Span.hours(1)
}
