import Foundation
import NIOCore
import RegistryModel

extension FakeRegistry {
    /// GET, HEAD and DELETE of a blob.
    func blob(_ call: Call, _ repository: String, _ reference: Substring) -> Reply {
        guard let digest = Digest(reference) else { return .error(400, "DIGEST_INVALID") }
        let isLinked = store.repositories[repository]?.blobs.contains(digest) ?? false
        guard isLinked, let bytes = store.blobs[digest] else { return .error(404, "BLOB_UNKNOWN") }
        switch call.method {
        case "GET", "HEAD":
            report("pull", blobTarget(repository, digest, bytes), call)
            var reply = Reply(200, body: bytes)
            reply["Content-Type"] = MediaType.blob
            reply["Docker-Content-Digest"] = digest.description
            return reply
        case "DELETE":
            guard deletesEnabled else { return .error(405, "UNSUPPORTED") }
            store.repositories[repository]?.blobs.remove(digest)
            var target = EventTarget(repository: repository)
            target.digest = digest.description
            report("delete", target, call)
            return Reply(202)
        default: return Reply(405)
        }
    }

    /// POST opens an upload or mounts a blob, PATCH adds bytes, PUT closes it.
    func upload(_ call: Call, _ repository: String, _ name: String) -> Reply {
        if call.method == "POST" { return openUpload(call, repository) }
        guard var bytes = uploads[name] else { return .error(404, "BLOB_UPLOAD_UNKNOWN") }
        bytes.writeImmutableBuffer(call.body)
        switch call.method {
        case "PATCH":
            uploads[name] = bytes
            return uploadReply(202, repository, name, bytes.readableBytes)
        case "PUT":
            uploads[name] = nil
            return close(call, repository, bytes)
        case "GET": return uploadReply(204, repository, name, bytes.readableBytes)
        case "DELETE":
            uploads[name] = nil
            return Reply(204)
        default: return Reply(405)
        }
    }

    private func openUpload(_ call: Call, _ repository: String) -> Reply {
        if let text = call.query["mount"], let digest = Digest(text),
            let source = call.query["from"], let bytes = store.blobs[digest],
            store.repositories[source]?.blobs.contains(digest) ?? false
        {
            store.repositories[repository, default: Repository()].blobs.insert(digest)
            var target = blobTarget(repository, digest, bytes)
            target.fromRepository = source
            report("mount", target, call)
            return blobReply(repository, digest)
        }
        if call.query["digest"] != nil { return close(call, repository, call.body) }
        let name = UUID().uuidString.lowercased()
        uploads[name] = ByteBuffer()
        return uploadReply(202, repository, name, 0)
    }

    private func close(_ call: Call, _ repository: String, _ bytes: ByteBuffer) -> Reply {
        let digest = Self.digest(of: bytes)
        guard call.query["digest"] == digest.description else {
            return .error(400, "DIGEST_INVALID")
        }
        store.blobs[digest] = bytes
        store.repositories[repository, default: Repository()].blobs.insert(digest)
        report("push", blobTarget(repository, digest, bytes), call)
        return blobReply(repository, digest)
    }

    private func uploadReply(
        _ status: Int,
        _ repository: String,
        _ name: String,
        _ size: Int
    ) -> Reply {
        var reply = Reply(status)
        reply["Location"] = link("/v2/\(repository)/blobs/uploads/\(name)?_state=abc%3D")
        reply["Range"] = "0-\(max(size - 1, 0))"
        reply["Docker-Upload-Uuid"] = name
        return reply
    }

    private func blobReply(_ repository: String, _ digest: Digest) -> Reply {
        var reply = Reply(201)
        reply["Location"] = link("/v2/\(repository)/blobs/\(digest)")
        reply["Docker-Content-Digest"] = digest.description
        return reply
    }

    private func blobTarget(
        _ repository: String,
        _ digest: Digest,
        _ bytes: ByteBuffer
    ) -> EventTarget {
        var target = EventTarget(repository: repository)
        target.digest = digest.description
        target.mediaType = MediaType.blob
        target.size = bytes.readableBytes
        target.url = "\(url)/v2/\(repository)/blobs/\(digest)"
        return target
    }
}
