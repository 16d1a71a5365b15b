package import Foundation
import RegistryModel

/// Docker Hub's API in memory, on a port of loopback: logins, lists of tags, deletes of tags, and
/// what goes wrong with them.
package actor FakeHub: FakeCloud {
    /// A tag with its platforms.
    package struct Tag: Sendable {
        package var digest: String?
        package var images: [Image]
        package var pushed: Date?
        package var pulled: Date?
        /// Whether answers have no word about pulls, not even null.
        package var hidesPulls = false
        /// Refuses deletes with 403.
        package var isReferenced = false

        package init(
            digest: String?,
            images: [Image] = [],
            pushed: Date? = nil,
            pulled: Date? = nil
        ) {
            self.digest = digest
            self.images = images
            self.pushed = pushed
            self.pulled = pulled
        }
    }

    package struct Image: Sendable {
        package var digest: String
        package var size: Int

        package init(digest: String, size: Int) {
            self.digest = digest
            self.size = size
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package nonisolated let url: String
    /// Tags by repository (`team/api`) and name.
    package var repositories: [String: [String: Tag]] = [:] { didSet { order = [:] } }
    /// The user and the secrets that let in.
    package var user = "ci-bot"
    package var secrets: Set<String> = ["dckr_pat_secret"]
    /// Seconds that a token lives.
    package var tokenLifetime = 600
    /// Whether `POST /v2/auth/token` is there; else only the deprecated login.
    package var hasAuthToken = true
    package var permitsDeletes = true
    /// Of deletes.
    package var limit: RequestLimit?
    /// Called before each request is answered, to change things between requests.
    package var beforeAnswer:
        (@Sendable (isolated FakeHub, _ method: String, _ path: String) -> Void)?
    package var requests: [FakeRegistry.RecordedRequest] = []
    /// Off, `requests` stays empty, which benches want.
    package var recordsRequests = true
    package internal(set) var logins = 0
    /// When the first and the last tag were deleted.
    package internal(set) var deletes:
        (first: ContinuousClock.Instant, last: ContinuousClock.Instant)?
    package internal(set) var deleted = 0

    /// The names of a repository's tags in the order of its list, newest first.
    var order: [String: [String]] = [:]
    package var faults = PlannedFaults()
    var tokens: [String: Date] = [:]
    package var server: Task<Void, any Error>?

    package init(port: Int) { url = "http://127.0.0.1:\(port)" }

    package func tagNames(_ repository: String) -> [String] {
        (repositories[repository] ?? [:]).keys.sorted()
    }

    /// Adds a tag with one platform of `size` bytes; both digests follow from `seed`.
    package func add(
        _ repository: String,
        _ tag: String,
        seed: Int,
        size: Int = 1_000,
        pushed: Date,
        pulled: Date? = nil
    ) {
        let part = Digest(hashing: Array("platform \(seed)".utf8)).description
        repositories[repository, default: [:]][tag] = Tag(
            digest: Digest(hashing: Array("index \(seed)".utf8)).description,
            images: [Image(digest: part, size: size)],
            pushed: pushed,
            pulled: pulled
        )
    }
}
