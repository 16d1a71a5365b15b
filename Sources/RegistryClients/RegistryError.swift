import CurlTransport
package import RegistryModel

/// Why a call to a registry failed.
package struct RegistryError: Error, Sendable, Equatable {
    package enum Kind: String, Sendable {
        case unreachable
        /// Its disk, where that is on this machine.
        case diskUnreadable
        case connectionRefused
        /// Its certificate is not trusted; nothing was sent.
        case untrusted
        /// It wants a certificate of the client's, which lastpull has none of for registries.
        case wantsCertificate
        case timeout
        case unauthorized
        case forbidden
        case notFound
        /// The registry refuses all deletes.
        case deletesDisabled
        /// The registry protects what was to be removed: locked, immutable, or still referred to.
        case protected
        /// The registry can't do that at all, such as deleting by tag.
        case unsupported
        case tooManyRequests
        case serverError
        /// An answer that makes no sense, or that we do not trust.
        case badAnswer
        /// Bytes that do not have the digest they should have.
        case corrupt
        case cancelled
    }

    /// What was asked for, such as `list tags`.
    package var operation: String
    /// What it was asked of, such as `team/api:v1`.
    package var subject: String
    package var kind: Kind
    package var status: Int?
    /// How long the registry wants to be left alone.
    package var retryAfter: Span?
    /// One line that says more; never a body, never credentials.
    package var detail: String?

    package init(
        operation: String,
        subject: String,
        kind: Kind,
        status: Int? = nil,
        retryAfter: Span? = nil,
        detail: String? = nil
    ) {
        self.operation = operation
        self.subject = subject
        self.kind = kind
        self.status = status
        self.retryAfter = retryAfter
        self.detail = detail
    }

    /// Whether the same call may succeed later without anybody doing anything.
    package var isRetryable: Bool {
        switch kind {
        case .unreachable, .diskUnreadable, .connectionRefused, .timeout, .tooManyRequests,
            .serverError:
            true
        case .untrusted, .wantsCertificate, .unauthorized, .forbidden, .notFound,
            .deletesDisabled, .protected, .unsupported, .badAnswer, .corrupt, .cancelled:
            false
        }
    }
}

extension RegistryError {
    /// Whether it speaks of the whole registry, whatever was asked for: the next question fares
    /// alike, or should not be asked now.
    package var isOfWholeRegistry: Bool {
        switch kind {
        case .unreachable, .connectionRefused, .untrusted, .wantsCertificate, .tooManyRequests,
            .cancelled:
            true
        case .diskUnreadable, .timeout, .unauthorized, .forbidden, .notFound, .deletesDisabled,
            .protected, .unsupported, .serverError, .badAnswer, .corrupt:
            false
        }
    }
}

extension RegistryError: CustomStringConvertible {
    /// One line with the subject and the next step.
    package var description: String {
        var text = "\(operation) \(subject): \(explanation)"
        if let status { text += " (status \(status))" }
        if let detail { text += ": \(detail)" }
        return text
    }

    private var explanation: String {
        switch kind {
        case .unreachable: "the registry can't be reached; check its url and the network"
        case .diskUnreadable: "the registry's disk can't be used"
        case .connectionRefused: "connection refused; check that the registry runs"
        case .untrusted:
            "the registry's certificate is not trusted; name the authority that signed it with"
                + " caFile in the settings, and the registry by the name it is for"
        case .wantsCertificate:
            "the registry wants a client certificate, which lastpull does not have; give it an"
                + " address that takes a user and a password"
        case .timeout: "no answer in time; the registry may be overloaded"
        case .unauthorized: "the registry does not accept us; check username and password"
        case .forbidden: "not permitted; give the user the right to do this"
        case .notFound: "not found"
        case .deletesDisabled:
            "the registry has deletes switched off; set storage.delete.enabled: true or"
                + " REGISTRY_STORAGE_DELETE_ENABLED=true and restart it (a proxy or read-only"
                + " registry refuses all deletes)"
        case .protected: "the registry protects it"
        case .unsupported: "the registry can't do that"
        case .tooManyRequests:
            "too many requests" + (retryAfter.map { "; try again in \($0)" } ?? "; try later")
        case .serverError: "the registry failed; look at its log"
        case .badAnswer: "an answer that can't be used"
        case .corrupt: "the content does not match its digest; do not trust this copy"
        case .cancelled: "cancelled"
        }
    }
}

/// A call under way: what errors are named after.
struct RegistryCall: Sendable {
    let operation: String
    let subject: String

    func error(
        _ kind: RegistryError.Kind,
        status: Int? = nil,
        retryAfter: Span? = nil,
        _ detail: String? = nil
    ) -> RegistryError {
        RegistryError(
            operation: operation,
            subject: subject,
            kind: kind,
            status: status,
            retryAfter: retryAfter,
            detail: detail
        )
    }

    func error(for failure: TransportError) -> RegistryError {
        switch failure {
        case .connectionRefused: error(.connectionRefused)
        case .untrusted(let text): error(.untrusted, text)
        case .wantsCertificate(let text): error(.wantsCertificate, text)
        case .timeout: error(.timeout)
        case .cancelled: error(.cancelled)
        case .bodyTooLarge, .invalidRequest: error(.badAnswer, "\(failure)")
        case .unreachable, .unknownHost, .tls, .interrupted, .other:
            error(.unreachable, "\(failure)")
        }
    }
}
