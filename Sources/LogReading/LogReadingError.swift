import Foundation

/// Why a log can't be read.
package struct LogReadingError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case notThere
        case notPermitted
        /// A shared access signature that is refused, mostly because it has expired.
        case signatureRefused
        /// Compressed data that is broken.
        case corrupt
        /// It is read while somebody changes it.
        case changed
        /// The server asks for patience, or can't be reached at present.
        case unavailable
        /// Somebody ended the wait for it.
        case interrupted
        case other
    }

    package var kind: Kind
    /// The path, or the address without its signature.
    package var place: String
    /// What happened, and what to do about it.
    package var reason: String

    package init(kind: Kind, place: String, reason: String) {
        self.kind = kind
        self.place = place
        self.reason = reason
    }

    package var description: String { "\(place): \(reason)" }

    /// What the system says.
    init(errno number: CInt, place: String) {
        self.place = place
        reason = String(cString: strerror(number)).lowercased()
        switch number {
        case ENOENT, ENOTDIR:
            kind = .notThere
            reason += "; check the path"
        case EACCES, EPERM:
            kind = .notPermitted
            reason += "; let this user read it"
        default: kind = .other
        }
    }
}
