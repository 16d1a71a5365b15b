import CurlTransport
import Foundation
import RegistryModel

/// What an answer says of the rate at which one may ask: `X-RateLimit-Limit`, `-Remaining` and
/// `-Reset`, which is in unix seconds (Docker Hub API, section "Rate limiting").
struct RateLimit: Sendable, Equatable {
    var limit: Int
    var remaining: Int
    var reset: Timestamp?

    init?(_ headers: HTTPHeaders) {
        guard let limit = headers["X-RateLimit-Limit"].flatMap({ Int($0) }),
            let remaining = headers["X-RateLimit-Remaining"].flatMap({ Int($0) })
        else { return nil }
        self.limit = limit
        self.remaining = remaining
        reset = headers["X-RateLimit-Reset"].flatMap { Int64($0) }.flatMap { seconds in
            let isPlausible = RetryAfter.isMoment(seconds) && seconds < Self.farFuture
            return isPlausible ? Timestamp(milliseconds: seconds * 1_000) : nil
        }
    }

    private static let farFuture: Int64 = 253_402_300_799
}
