package import Foundation
import NIOCore
import RegistryModel

/// An Azure Container Registry in memory, on a port of loopback: its lists, locks, deletes and token
/// exchange, and what goes wrong with them.
package actor FakeAzure: FakeCloud {
    package struct Manifest: Sendable {
        package var bytes: [UInt8]
        package var mediaType: String
        package var time: Date
        package var deleteEnabled = true
        package var writeEnabled = true
    }

    package struct Tag: Sendable {
        package var digest: String
        package var time: Date
        package var deleteEnabled = true
        package var writeEnabled = true
    }

    package struct Repository: Sendable {
        package var manifests: [String: Manifest] = [:]
        package var tags = Tags()
    }

    /// Who is let in.
    package enum Login: Sendable {
        case user(String, password: String)
        /// A refresh token of the registry itself.
        case refreshToken(String)
        /// A token of the directory, which is exchanged for a refresh token.
        case directoryToken(String)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    package nonisolated let url: String
    package var repositories: [String: Repository] = [:]
    package var login = Login.user("admin", password: "s3cret")
    /// Scopes such as `repository:team/api:delete` that no token permits, though one is given.
    package var missingRights: Set<String> = []
    /// Called before each request is answered, to change things between requests.
    package var beforeAnswer:
        (@Sendable (isolated FakeAzure, _ method: String, _ path: String) -> Void)?
    /// How long each answer takes.
    package var latency: Duration?
    package var requests: [FakeRegistry.RecordedRequest] = []
    /// Off, `requests` stays empty.
    package var recordsRequests = true
    package internal(set) var deletes:
        (first: ContinuousClock.Instant, last: ContinuousClock.Instant, count: Int)?
    package internal(set) var mostDeletesAtOnce = 0

    package var faults = PlannedFaults()
    var tokens: [String: Set<String>] = [:]
    package internal(set) var tokenCount = 0
    var deletesUnderWay = 0
    package var server: Task<Void, any Error>?

    package init(port: Int) { url = "http://127.0.0.1:\(port)" }

    package func tagNames(_ repository: String) -> [String] {
        repositories[repository]?.tags.names ?? []
    }

    package func digests(_ repository: String) -> Set<String> {
        Set((repositories[repository]?.manifests ?? [:]).keys)
    }

    /// Adds a manifest with one layer that follows from `seed`, and returns its digest.
    @discardableResult
    package func add(
        _ repository: String,
        tag: String? = nil,
        seed: Int,
        size: Int = 1_000,
        time: Date
    ) -> String {
        let config = Digest(hashing: Array("config \(seed)".utf8))
        let layer = Digest(hashing: Array("layer \(seed)".utf8))
        let text = """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\
            "config":{"mediaType":"application/vnd.oci.image.config.v1+json",\
            "digest":"\(config)","size":10},"layers":[{"mediaType":\
            "application/vnd.oci.image.layer.v1.tar+gzip","digest":"\(layer)","size":\(size)}]}
            """
        return put(text, "application/vnd.oci.image.manifest.v1+json", repository, tag, time)
    }

    /// Adds an index of manifests, and returns its digest.
    @discardableResult
    package func addIndex(
        _ repository: String,
        tag: String? = nil,
        of children: [String],
        time: Date
    ) -> String {
        let items = children.map { digest -> String in
            let size = repositories[repository]?.manifests[digest]?.bytes.count ?? 0
            return #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","#
                + #""digest":"\#(digest)","size":\#(size)}"#
        }
        let type = "application/vnd.oci.image.index.v1+json"
        let list = items.joined(separator: ",")
        let text = #"{"schemaVersion":2,"mediaType":"\#(type)","manifests":[\#(list)]}"#
        return put(text, type, repository, tag, time)
    }

    private func put(
        _ text: String,
        _ mediaType: String,
        _ repository: String,
        _ tag: String?,
        _ time: Date
    ) -> String {
        let bytes = Array(text.utf8)
        let digest = Digest(hashing: bytes).description
        repositories[repository, default: Repository()].manifests[digest] = Manifest(
            bytes: bytes,
            mediaType: mediaType,
            time: time
        )
        if let tag { repositories[repository]?.tags[tag] = Tag(digest: digest, time: time) }
        return digest
    }
}
