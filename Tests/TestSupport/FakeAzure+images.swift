import Foundation
import NIOCore

// Lists, locks and deletes (Azure Container Registry data plane, 2021-07-01).
extension FakeAzure {
    func catalog(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        let names = repositories.keys.sorted()
        return page(names, call, "/acr/v1/_catalog") { ["repositories": $0] }
    }

    /// What is below `/acr/v1/NAME`.
    func own(_ call: FakeRegistry.Call) -> FakeRegistry.Reply {
        var name = String(call.path.dropFirst("/acr/v1/".count))
        if let range = name.range(of: "/_tags/") {
            let tag = String(name[range.upperBound...])
            return untag(String(name[..<range.lowerBound]), tag, call)
        }
        let list = ["/_tags", "/_manifests"].first { name.hasSuffix($0) }
        if let list { name.removeLast(list.count) }
        guard let repository = repositories[name] else { return .error(404, "NAME_UNKNOWN") }
        guard let list else { return attributes(name, repository, call) }
        if list == "/_tags" { return tagList(name, repository, call) }
        return manifestList(name, repository, call)
    }

    private func attributes(
        _ name: String,
        _ repository: Repository,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        guard call.method == "DELETE" else {
            return .object(
                200,
                [
                    "registry": "fake", "imageName": name,
                    "manifestCount": repository.manifests.count,
                    "tagCount": repository.tags.count,
                    "changeableAttributes": Self.attributes(true, true),
                ]
            )
        }
        repositories[name] = nil
        return .object(
            202,
            [
                "manifestsDeleted": Array(repository.manifests.keys),
                "tagsDeleted": repository.tags.names,
            ]
        )
    }

    private func tagList(
        _ name: String,
        _ repository: Repository,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        let digest = call.query["digest"]
        let tags = repository.tags
        let filter = digest.map { "&digest=\($0)" } ?? ""
        let listed = digest.map(tags.names(of:)) ?? tags.names
        return page(listed, call, call.path, filter) { names in
            [
                "registry": "fake", "imageName": name,
                "tags": names.compactMap { name in
                    tags[name].map { tag -> [String: Any] in
                        [
                            "name": name, "digest": tag.digest, "signed": false,
                            "createdTime": Self.time(tag.time),
                            "lastUpdateTime": Self.time(tag.time),
                            "changeableAttributes": Self.attributes(
                                tag.deleteEnabled,
                                tag.writeEnabled
                            ),
                        ]
                    }
                },
            ]
        }
    }

    private func manifestList(
        _ name: String,
        _ repository: Repository,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        page(repository.manifests.keys.sorted(), call, call.path) { digests in
            [
                "registry": "fake", "imageName": name,
                "manifests": digests.compactMap { digest in
                    repository.manifests[digest].map { manifest -> [String: Any] in
                        var object: [String: Any] = [
                            "digest": digest, "imageSize": manifest.bytes.count,
                            "mediaType": manifest.mediaType,
                            "createdTime": Self.time(manifest.time),
                            "lastUpdateTime": Self.time(manifest.time),
                            "changeableAttributes": Self.attributes(
                                manifest.deleteEnabled,
                                manifest.writeEnabled
                            ),
                        ]
                        let tags = repository.tags.names(of: digest)
                        if !tags.isEmpty { object["tags"] = tags }
                        return object
                    }
                },
            ]
        }
    }

    private func untag(
        _ name: String,
        _ tag: String,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        guard call.method == "DELETE" else { return FakeRegistry.Reply(405) }
        guard let found = repositories[name]?.tags[tag] else { return .error(404, "TAG_UNKNOWN") }
        guard found.deleteEnabled, found.writeEnabled else { return .error(405, "UNSUPPORTED") }
        repositories[name]?.tags[tag] = nil
        noteDelete()
        return FakeRegistry.Reply(202)
    }

    // MARK: The OCI API

    func manifest(
        _ name: String,
        _ reference: String,
        _ call: FakeRegistry.Call
    ) -> FakeRegistry.Reply {
        // No copy of the repository is held, which a delete would have to copy whole.
        guard repositories[name] != nil else { return .error(404, "NAME_UNKNOWN") }
        let isDigest = reference.contains(":")
        let digest = isDigest ? reference : repositories[name]?.tags[reference]?.digest
        if call.method == "DELETE", !isDigest { return .error(405, "UNSUPPORTED") }
        guard let digest, let found = repositories[name]?.manifests[digest] else {
            return .error(404, "MANIFEST_UNKNOWN")
        }
        guard call.method == "DELETE" else {
            var reply = FakeRegistry.Reply(200, body: ByteBuffer(bytes: found.bytes))
            reply["Content-Type"] = found.mediaType
            reply["Docker-Content-Digest"] = digest
            return reply
        }
        guard found.deleteEnabled, found.writeEnabled else { return .error(405, "UNSUPPORTED") }
        repositories[name]?.manifests[digest] = nil
        for tag in repositories[name]?.tags.names(of: digest) ?? [] {
            repositories[name]?.tags[tag] = nil
        }
        noteDelete()
        return FakeRegistry.Reply(202)
    }

    private func noteDelete() {
        deletes = (deletes?.first ?? .now, .now, (deletes?.count ?? 0) + 1)
    }

    private func page(
        _ names: [String],
        _ call: FakeRegistry.Call,
        _ path: String,
        _ filter: String = "",
        _ object: ([String]) -> [String: Any]
    ) -> FakeRegistry.Reply {
        let size = min(100, max(1, call.query["n"].flatMap { Int($0) } ?? 100))
        let last = call.query["last"] ?? ""
        let rest = names.drop { $0 <= last }
        let found = Array(rest.prefix(size))
        var reply = FakeRegistry.Reply.object(200, object(found))
        if rest.count > found.count, let end = found.last {
            let link = "\(path)?last=\(end)&n=\(size)&orderby=\(filter)"
            reply["Link"] = "<\(link)>; rel=\"next\""
        }
        return reply
    }

    private static func attributes(_ deletes: Bool, _ writes: Bool) -> [String: Bool] {
        [
            "deleteEnabled": deletes, "writeEnabled": writes, "readEnabled": true,
            "listEnabled": true,
        ]
    }

    /// RFC 3339 with seven digits, as the service writes it.
    private static func time(_ date: Date) -> String {
        let whole = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
        return String(whole.formatted(.iso8601).dropLast()) + ".0856539Z"
    }
}
