import CurlTransport
import RegistryModel

extension EngineClient {
    /// What the removal of an image came to.
    package struct Removed: Sendable, Equatable {
        package var untagged: [String]
        package var deleted: [String]
    }

    /// Removes one name of an image, and the image with its last name; by its id all at once, where
    /// no more than one repository names it.
    ///
    /// Never forced: an image of a container, running or not, and one that has children stay. With
    /// `keepsParents` also parents that nothing else names.
    package func removeImage(
        _ name: String,
        keepsParents: Bool = false
    ) async throws(EngineError) -> Removed {
        let call = call("remove an image", name)
        let query = [("force", "0"), ("noprune", keepsParents ? "1" : "0")]
        let response = try await send(
            "DELETE",
            "/images/\(name.pathEncoded)",
            query,
            for: call
        )
        let wires: [RemovedWire]? = try decode(response.body, for: call)
        return Removed(
            untagged: (wires ?? []).compactMap(\.untagged),
            deleted: (wires ?? []).compactMap { $0.deleted.flatMap(EngineImage.fullID) }
        )
    }

    /// Gives an image one more name.
    package func tag(_ image: String, as name: String) async throws(EngineError) {
        let colon = name.lastIndex(of: ":") ?? name.endIndex
        let tag = colon == name.endIndex ? "latest" : String(name[name.index(after: colon)...])
        let query = [("repo", String(name[..<colon])), ("tag", tag)]
        let call = call("tag an image", name)
        _ = try await send("POST", "/images/\(image.pathEncoded)/tag", query, for: call)
    }

    /// Removes a container that does not run; its volumes stay.
    package func removeContainer(_ id: String) async throws(EngineError) {
        let query = [("force", "0"), ("v", "0")]
        let call = call("remove a container", id)
        _ = try await send("DELETE", "/containers/\(id.pathEncoded)", query, for: call)
    }

    package func removeNetwork(_ id: String) async throws(EngineError) {
        let call = call("remove a network", id)
        _ = try await send("DELETE", "/networks/\(id.pathEncoded)", for: call)
    }

    package func removeVolume(_ name: String) async throws(EngineError) {
        let call = call("remove a volume", name)
        let query = [("force", "0")]
        _ = try await send("DELETE", "/volumes/\(name.pathEncoded)", query, for: call)
    }

    /// Removes records of the build cache that are not in use, and says their ids and bytes.
    ///
    /// Filters are in the engine's own form, such as `until` with a time; with `all` also records that
    /// images share, and those of front ends.
    package func pruneBuildCache(
        filters: [String: [String]],
        all: Bool
    ) async throws(EngineError) -> (deleted: [String], reclaimed: Int64) {
        let call = call("prune the build cache")
        let query = [("all", all ? "1" : "0"), ("filters", Self.filterText(filters))]
        let response = try await send("POST", "/build/prune", query, for: call)
        let wire: PrunedWire = try decode(response.body, for: call)
        return (wire.cachesDeleted ?? [], wire.spaceReclaimed ?? 0)
    }

    /// Filters as the API takes them: an object of lists.
    static func filterText(_ filters: [String: [String]]) -> String {
        let fields = filters.sorted { $0.key < $1.key }.map { key, values in
            "\(quoted(key)):[\(values.map(quoted).joined(separator: ","))]"
        }
        return "{\(fields.joined(separator: ","))}"
    }

    /// A string of JSON (RFC 8259, section 7).
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
