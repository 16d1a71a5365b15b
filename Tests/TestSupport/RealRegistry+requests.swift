import Foundation
package import RegistryModel

/// What tests ask a registry themselves, beside lastpull.
extension RealRegistry {
    /// Reads a manifest, or only its head, by tag or digest, and returns the answer as it is.
    @discardableResult
    package nonisolated func manifest(
        _ repository: String,
        _ reference: String,
        method: String = "GET",
        headers: [String: String] = [:]
    ) async throws -> LoopbackHTTP.Answer {
        let accept = ["Accept": MediaType.accepted.joined(separator: ", ")]
        return try await LoopbackHTTP.send(
            method,
            "\(url)/v2/\(repository)/manifests/\(reference)",
            headers: accept.merging(headers) { _, new in new }
        )
    }

    /// The digest a tag or digest answers with, or nil where it is not (any more).
    package nonisolated func digest(
        _ repository: String,
        _ reference: String
    ) async throws -> Digest? {
        let answer = try await manifest(repository, reference, method: "HEAD")
        guard answer.status != 404 else { return nil }
        guard answer.status == 200, let text = answer["Docker-Content-Digest"] else {
            throw HarnessError("HEAD \(repository) \(reference): \(answer.status)")
        }
        return Digest(text)
    }

    /// Uploads a manifest of `folder` as it is, under a tag or its own digest.
    ///
    /// What it refers to must be in the repository already.
    package nonisolated func put(
        _ digest: Digest,
        of folder: ImageFolder,
        to repository: String,
        _ reference: String
    ) async throws {
        let answer = try await LoopbackHTTP.send(
            "PUT",
            "\(url)/v2/\(repository)/manifests/\(reference)",
            headers: ["Content-Type": try folder.descriptor(of: digest).mediaType],
            body: try folder.bytes(of: digest)
        )
        guard answer.status == 201 else {
            throw HarnessError("PUT \(repository) \(reference): \(answer.status) \(answer.text)")
        }
    }

    /// The tags of a repository in order; empty where the registry has none, or no such repository.
    package nonisolated func tags(_ repository: String) async throws -> [String] {
        let answer = try await LoopbackHTTP.get("\(url)/v2/\(repository)/tags/list?n=1000")
        guard answer.status != 404 else { return [] }
        guard answer.status == 200 else {
            throw HarnessError("tags of \(repository): \(answer.status) \(answer.text)")
        }
        let list = try JSONDecoder().decode(TagList.self, from: Data(answer.body))
        return (list.tags ?? []).sorted()
    }
}

private struct TagList: Decodable {
    let tags: [String]?
}
