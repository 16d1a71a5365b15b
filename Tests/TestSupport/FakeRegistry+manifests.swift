import Foundation
import NIOCore
import RegistryModel

extension FakeRegistry {
    /// GET, HEAD, PUT and DELETE of a manifest.
    func manifest(_ call: Call, _ repository: String, _ reference: Substring) -> Reply {
        switch call.method {
        case "GET", "HEAD": readManifest(call, repository, reference)
        case "PUT": writeManifest(call, repository, reference)
        case "DELETE": deleteManifest(call, repository, reference)
        default: Reply(405)
        }
    }

    private func readManifest(
        _ call: Call,
        _ repository: String,
        _ reference: Substring
    ) -> Reply {
        guard let known = store.repositories[repository] else {
            return .error(404, "NAME_UNKNOWN")
        }
        let named = Digest(reference)
        let digest = named ?? known.tags[String(reference)]
        guard let digest, let manifest = known.manifests[digest] else {
            return .error(404, "MANIFEST_UNKNOWN")
        }
        if call["If-None-Match"]?.contains(digest.description) ?? false { return Reply(304) }
        var target = EventTarget(repository: repository)
        target.digest = digest.description
        target.mediaType = manifest.mediaType
        target.size = manifest.bytes.readableBytes
        target.tag = named == nil ? String(reference) : nil
        target.url = "\(url)/v2/\(repository)/manifests/\(digest)"
        report("pull", target, call)
        var reply = Reply(200, body: manifest.bytes)
        reply["Content-Type"] = manifest.mediaType
        reply["Docker-Content-Digest"] = digest.description
        reply["Etag"] = "\"\(digest)\""
        return reply
    }

    private func writeManifest(
        _ call: Call,
        _ repository: String,
        _ reference: Substring
    ) -> Reply {
        let digest = Self.digest(of: call.body)
        let named = Digest(reference)
        guard named == nil ? TagName(reference) != nil : named == digest else {
            return .error(400, named == nil ? "TAG_INVALID" : "DIGEST_INVALID")
        }
        guard !verifiesReferences || hasAllReferences(of: call.body, repository) else {
            return .error(400, "MANIFEST_BLOB_UNKNOWN")
        }
        let mediaType = call["Content-Type"] ?? MediaType.ociManifest
        let manifest = Manifest(mediaType: mediaType, bytes: call.body)
        store.repositories[repository, default: Repository()].manifests[digest] = manifest
        if named == nil { store.repositories[repository]?.setTag(String(reference), digest) }
        var target = EventTarget(repository: repository)
        target.digest = digest.description
        target.mediaType = mediaType
        target.size = call.body.readableBytes
        target.tag = named == nil ? String(reference) : nil
        target.url = "\(url)/v2/\(repository)/manifests/\(digest)"
        report("push", target, call)
        var reply = Reply(201)
        reply["Docker-Content-Digest"] = digest.description
        reply["Location"] = link("/v2/\(repository)/manifests/\(digest)")
        return reply
    }

    private func deleteManifest(
        _ call: Call,
        _ repository: String,
        _ reference: Substring
    ) -> Reply {
        guard deletesEnabled else { return .error(405, "UNSUPPORTED") }
        guard let digest = Digest(reference) else {
            return deleteTag(call, repository, String(reference))
        }
        guard store.repositories[repository]?.manifests[digest] != nil else {
            return .error(404, "MANIFEST_UNKNOWN")
        }
        store.repositories[repository]?.manifests[digest] = nil
        var target = EventTarget(repository: repository)
        target.digest = digest.description
        report("delete", target, call)
        let lost = store.repositories[repository]?.tags.filter { $0.value == digest } ?? [:]
        for tag in lost.keys.sorted() {
            store.repositories[repository]?.setTag(tag, nil)
            var target = EventTarget(repository: repository)
            target.tag = tag
            report("delete", target, call)
        }
        return Reply(202)
    }

    private func deleteTag(_ call: Call, _ repository: String, _ tag: String) -> Reply {
        guard mode == .distribution3 else { return .error(400, "DIGEST_INVALID") }
        guard store.repositories[repository]?.tags[tag] != nil else {
            return .error(404, "MANIFEST_UNKNOWN")
        }
        store.repositories[repository]?.setTag(tag, nil)
        var target = EventTarget(repository: repository)
        target.tag = tag
        report("delete", target, call)
        return Reply(202)
    }

    private func hasAllReferences(of bytes: ByteBuffer, _ repository: String) -> Bool {
        let content = Data(bytes.readableBytesView)
        guard let fields = try? JSONDecoder().decode(References.self, from: content) else {
            return false
        }
        let known = store.repositories[repository] ?? Repository()
        let blobs = (fields.layers ?? []) + (fields.config.map { [$0] } ?? [])
        let hasBlobs = blobs.allSatisfy { Digest($0.digest).map(known.blobs.contains) ?? false }
        return hasBlobs
            && (fields.manifests ?? []).allSatisfy { child in
                Digest(child.digest).map { known.manifests[$0] != nil } ?? false
            }
    }
}

private struct References: Decodable {
    struct Entry: Decodable { var digest: String }
    var config: Entry?
    var layers: [Entry]?
    var manifests: [Entry]?
}
