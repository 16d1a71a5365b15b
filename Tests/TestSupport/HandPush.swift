import Foundation
package import RegistryModel

/// A push by hand, step by step, as a slow client does it: it looks, uploads what is not there, and
/// sends the manifest when it is told to.
package struct HandPush: Sendable {
    private let registry: RealRegistry
    private let repository: String
    private let folder: ImageFolder
    private let manifest: Digest

    package init(
        to registry: RealRegistry,
        _ repository: String,
        _ folder: ImageFolder,
        _ manifest: Digest
    ) {
        self.registry = registry
        self.repository = repository
        self.folder = folder
        self.manifest = manifest
    }

    /// Asks whether a blob is there, mounts it from another repository or uploads it; says which.
    ///
    /// `from` is asked only where the blob is not there.
    @discardableResult
    package func bring(_ blob: Digest, from other: String? = nil) async throws -> Way {
        let base = "\(registry.url)/v2/\(repository)/blobs"
        let known = try await LoopbackHTTP.send("HEAD", "\(base)/\(blob)")
        if known.status == 200 { return .wasThere }
        let mount = other.map { "?mount=\(blob)&from=\($0)" } ?? ""
        let begun = try await LoopbackHTTP.send("POST", "\(base)/uploads/\(mount)", body: [])
        if begun.status == 201 { return .mounted }
        guard begun.status == 202, let place = begun["Location"] else {
            throw HarnessError("POST upload to \(repository): \(begun.status) \(begun.text)")
        }
        let end = place + (place.contains("?") ? "&" : "?") + "digest=\(blob)"
        let put = try await LoopbackHTTP.send(
            "PUT",
            end.hasPrefix("/") ? registry.url + end : end,
            headers: ["Content-Type": "application/octet-stream"],
            body: try folder.bytes(of: blob)
        )
        guard put.status == 201 else {
            throw HarnessError("PUT blob to \(repository): \(put.status) \(put.text)")
        }
        return .uploaded
    }

    package enum Way: Sendable, Equatable {
        case wasThere
        case mounted
        case uploaded
    }

    /// What the manifest refers to.
    package var blobs: [Digest] {
        get throws { try Self.blobs(in: try folder.bytes(of: manifest)) }
    }

    /// What an image's manifest refers to.
    package static func blobs(in manifest: [UInt8]) throws -> [Digest] {
        struct Part: Decodable { let digest: String }
        struct Manifest: Decodable {
            let config: Part
            let layers: [Part]
        }
        let content = try JSONDecoder().decode(Manifest.self, from: Data(manifest))
        return (content.layers + [content.config]).compactMap { Digest($0.digest) }
    }

    /// Sends the manifest, by which the push is done.
    package func finish(_ tag: String) async throws {
        try await registry.put(manifest, of: folder, to: repository, tag)
    }
}
