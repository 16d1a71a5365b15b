/// Where an engine keeps what it has (`GET /info` of Docker's API).
package struct EngineStorage: Sendable, Equatable {
    /// The folder below which it keeps everything, as it sees it; nil where it does not say.
    package var root: String?
    /// Whether containerd keeps its images, which may have a root of its own.
    package var hasContainerd: Bool
}
