import RegistryModel

/// What may be done with a repository, manifest or tag; what is missing is permitted.
struct ACRAttributes: Decodable {
    var deleteEnabled: Bool?
    var writeEnabled: Bool?

    /// Either lock refuses a delete.
    var isLocked: Bool { deleteEnabled == false || writeEnabled == false }
}

/// `GET /acr/v1/_catalog` (Azure Container Registry data plane, 2021-07-01).
struct ACRCatalogPage: Decodable {
    var repositories: [String]?
}

/// `GET /acr/v1/{name}`.
struct ACRRepository: Decodable {
    var changeableAttributes: ACRAttributes?
}

/// `GET /acr/v1/{name}/_tags`.
struct ACRTagPage: Decodable {
    var tags: [ACRTag]?
}

struct ACRTag: Decodable {
    var name: String
    var digest: String
    var createdTime: String?
    var lastUpdateTime: String?
    var changeableAttributes: ACRAttributes?

    var pushedAt: Timestamp? { .latest(createdTime, lastUpdateTime) }
    var isLocked: Bool { changeableAttributes?.isLocked ?? false }
}

/// `GET /acr/v1/{name}/_manifests`.
struct ACRManifestPage: Decodable {
    var manifests: [ACRManifest]?
}

struct ACRManifest: Decodable {
    var digest: String
    var mediaType: String?
    var createdTime: String?
    var lastUpdateTime: String?
    var changeableAttributes: ACRAttributes?

    var pushedAt: Timestamp? { .latest(createdTime, lastUpdateTime) }
    var isLocked: Bool { changeableAttributes?.isLocked ?? false }
}

extension Timestamp {
    /// The later of some times; nil where one of them makes no sense, for it may be later still.
    fileprivate static func latest(_ texts: String?...) -> Timestamp? {
        let times = texts.compactMap(\.self).map { Timestamp(rfc3339: $0) }
        guard !times.contains(nil) else { return nil }
        return times.compactMap(\.self).max()
    }
}
