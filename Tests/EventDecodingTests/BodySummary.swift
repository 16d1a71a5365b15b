import RegistryModel

/// A decoded body in the shape in which expectations are written down.
struct BodySummary: Codable, Equatable {
    struct Record: Codable, Equatable {
        var `class`: String
        var time: Int64
        var repository: String
        var digest: String?
        var tag: String?
        var mediaType: String?
        var size: Int64?
        var address: String?
        var actor: String?
        var userAgent: String?
        var instance: String?
        var isSecondGranular: Bool

        init(_ access: Access) {
            `class` = access.class.rawValue
            time = access.time.milliseconds
            repository = access.repository.description
            digest = access.digest?.description
            tag = access.tag?.description
            mediaType = access.mediaType
            size = access.size
            address = access.address
            actor = access.actor
            userAgent = access.userAgent
            instance = access.instance
            isSecondGranular = access.isSecondGranular
        }
    }

    var accesses: [Record]
    var ignored: Int
    var rejections: [String]
    var instances: [String: Int64]

    init(_ body: DecodedBody) {
        accesses = body.accesses.map(Record.init)
        ignored = body.ignored
        rejections = body.rejections.map(\.reason)
        instances = body.instances.mapValues(\.milliseconds)
    }
}
