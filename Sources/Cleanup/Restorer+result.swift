import AccessLedger
package import RegistryModel

extension Restorer {
    /// What became of one image.
    package struct Result: Sendable, Equatable {
        package enum State: String, Sendable {
            case restored
            case skipped
            case failed
        }

        package var registry: String
        package var repository: RepositoryName?
        package var tag: String?
        package var digest: Digest?
        /// What it is, for people.
        package var subject: String
        package var state: State
        package var detail: String

        package init(
            registry: String,
            repository: RepositoryName?,
            tag: String?,
            digest: Digest?,
            subject: String,
            state: State,
            detail: String
        ) {
            self.registry = registry
            self.repository = repository
            self.tag = tag
            self.digest = digest
            self.subject = subject
            self.state = state
            self.detail = detail
        }

        /// Why a tag is not put back that somebody has pushed again.
        static func isTaken(by other: Digest) -> String {
            "the tag points to \(other) now; remove or rename that tag first"
        }

        init(item: RunItem, state: State, detail: String) {
            registry = item.registry.name
            repository = item.repository
            tag = item.tag?.description
            digest = item.digest
            subject =
                item.tag.map { "\(item.repository):\($0)" }
                ?? "\(item.repository)@\(item.digest?.description ?? "?")"
            self.state = state
            self.detail = detail
        }
    }
}
