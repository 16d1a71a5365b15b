import Foundation
import RegistryModel

// The answers as they come (Docker Engine API, version 1.24 to 1.51; Podman 4 and 5). Every key may
// be missing or null: what can't be understood is left out, and nothing is removed for that.

struct ImageWire: Decodable {
    let id: String?
    let parentId: String?
    let repoTags: [String]?
    let repoDigests: [String]?
    let created: Int64?
    let labels: [String: String]?
    let size: Int64?
    let sharedSize: Int64?
    let containers: Int?

    var image: EngineImage? {
        guard let id = id.flatMap(EngineImage.fullID) else { return nil }
        return EngineImage(
            id: id,
            parent: parentId.flatMap(EngineImage.fullID),
            tags: EngineImage.named(repoTags),
            digests: EngineImage.named(repoDigests),
            created: Timestamp(milliseconds: (created ?? 0) * 1_000),
            labels: labels ?? [:],
            size: size ?? 0,
            shared: sharedSize.flatMap { $0 < 0 ? nil : $0 },
            containers: containers.flatMap { $0 < 0 ? nil : $0 }
        )
    }
}

extension EngineImage {
    /// Podman leaves the algorithm out in places.
    package static func fullID(_ text: String) -> String? {
        if text.isEmpty { return nil }
        return text.contains(":") ? text : "sha256:\(text)"
    }

    /// names without the placeholders of old engines for images without one.
    static func named(_ names: [String]?) -> [String] {
        (names ?? []).filter { !$0.contains("<none>") }
    }
}

struct ContainerWire: Decodable {
    struct Mount: Decodable {
        let kind: String?
        let name: String?

        private enum CodingKeys: String, CodingKey {
            case kind = "type"
            case name
        }
    }

    struct NetworkSettings: Decodable {
        struct Network: Decodable {}

        let networks: [String: Network?]?
    }

    let id: String?
    let names: [String]?
    let image: String?
    let imageID: String?
    let state: String?
    let created: Int64?
    let labels: [String: String]?
    let sizeRw: Int64?
    let mounts: [Mount]?
    let networkSettings: NetworkSettings?

    var container: EngineContainer? {
        guard let id, !id.isEmpty else { return nil }
        let name = names?.first.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
        return EngineContainer(
            id: id,
            name: name ?? String(id.prefix(12)),
            image: image ?? "",
            imageID: imageID.flatMap(EngineImage.fullID) ?? "",
            state: state ?? "unknown",
            created: Timestamp(milliseconds: (created ?? 0) * 1_000),
            labels: labels ?? [:],
            size: sizeRw,
            volumes: (mounts ?? []).filter { $0.kind == nil || $0.kind == "volume" }
                .compactMap(\.name),
            networks: (networkSettings?.networks ?? [:]).keys.sorted()
        )
    }
}

struct NetworkWire: Decodable {
    struct Member: Decodable {}

    let id: String?
    let name: String?
    let created: String?
    let scope: String?
    let ingress: Bool?
    let configOnly: Bool?
    let labels: [String: String]?
    let containers: [String: Member]?

    var network: EngineNetwork? {
        guard let id, let name else { return nil }
        let own = ["bridge", "host", "none", "podman", "nat", "default"]
        return EngineNetwork(
            id: id,
            name: name,
            created: created.flatMap(Timestamp.init(engine:)),
            labels: labels ?? [:],
            isBuiltIn: own.contains(name) || ingress == true || configOnly == true
                || (scope.map { $0 != "local" } ?? false),
            isAttached: !(containers ?? [:]).isEmpty
        )
    }
}

struct VolumesWire: Decodable {
    let volumes: [VolumeWire]?
}

struct VolumeWire: Decodable {
    struct Usage: Decodable {
        let size: Int64?
    }

    let name: String?
    let createdAt: String?
    let labels: [String: String]?
    let usageData: Usage?

    var volume: EngineVolume? {
        guard let name, !name.isEmpty else { return nil }
        return EngineVolume(
            name: name,
            created: createdAt.flatMap(Timestamp.init(engine:)),
            labels: labels ?? [:],
            size: usageData?.size.flatMap { $0 < 0 ? nil : $0 }
        )
    }
}

struct CacheWire: Decodable {
    let id: String?
    let type: String?
    let inUse: Bool?
    let shared: Bool?
    let size: Int64?
    let createdAt: String?
    let lastUsedAt: String?

    var record: EngineCacheRecord? {
        guard let id else { return nil }
        return EngineCacheRecord(
            id: id,
            isInUse: inUse ?? true,
            isShared: shared ?? false,
            isContent: !["internal", "frontend"].contains(type ?? ""),
            size: size ?? 0,
            lastUsed: lastUsedAt.flatMap(Timestamp.init(engine:)),
            created: createdAt.flatMap(Timestamp.init(engine:))
        )
    }
}

struct UsageWire: Decodable {
    let layersSize: Int64?
    let images: [ImageWire]?
    let containers: [ContainerWire]?
    let volumes: [VolumeWire]?
    let buildCache: [CacheWire]?
}

struct InfoWire: Decodable {
    let dockerRootDir: String?
    let driverStatus: [[String]]?
    let systemTime: String?
}

struct InspectedContainerWire: Decodable {
    struct State: Decodable {
        let status: String?
        let startedAt: String?
    }

    let state: State?
    let image: String?
}

struct InspectedImageWire: Decodable {
    struct RootFS: Decodable {
        let layers: [String]?
    }

    let id: String?
    let repoTags: [String]?
    let repoDigests: [String]?
    let size: Int64?
    let rootFS: RootFS?
}

struct HistoryWire: Decodable {
    let size: Int64?
}

struct RemovedWire: Decodable {
    let untagged: String?
    let deleted: String?
}

struct PrunedWire: Decodable {
    let cachesDeleted: [String]?
    let spaceReclaimed: Int64?
}

extension Timestamp {
    /// Parses a time of RFC 3339 as engines write it; nil for their zero, `0001-01-01T00:00:00Z`.
    init?(engine text: String) {
        guard !text.hasPrefix("0001-"),
            let parts = text.firstMatch(of: /^([^.]*?)(?:\.([0-9]+))?(Z|[+\-][0-9]{2}:[0-9]{2})$/),
            let whole = try? Date("\(parts.1)\(parts.3)", strategy: .iso8601)
        else { return nil }
        let fraction = Int64((String(parts.2 ?? "") + "000").prefix(3)) ?? 0
        self.init(milliseconds: Int64(whole.timeIntervalSince1970) * 1_000 + fraction)
    }
}
