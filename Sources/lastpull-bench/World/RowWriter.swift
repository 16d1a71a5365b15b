import GRDB
import RegistryModel

/// Writes one repository after the other, with the rows and counters of the first schema.
struct RowWriter {
    private let registryId: Int64
    private let now: Timestamp
    private let hours: Int
    private(set) var bytes: Int64 = 0
    private var nextBlob: Int64 = 1
    private var nextManifest: Int64 = 1

    private let repositories: Statement
    private let manifests: Statement
    private let blobs: Statement
    private let links: Statement
    private let places: Statement
    private let tags: Statement
    private let moves: Statement
    private let manifestHours: Statement
    private let tagHours: Statement

    init(_ db: Database, registryId: Int64, now: Timestamp, hours: Int) throws {
        self.registryId = registryId
        self.now = now
        self.hours = hours
        repositories = try db.makeStatement(
            sql: "INSERT INTO repository (id, registryId, name, tags, bytes) VALUES (?, ?, ?, ?, ?)"
        )
        manifests = try db.makeStatement(
            sql: """
                INSERT INTO manifest (id, registryId, repositoryId, digest, mediaType, reading,
                    isHeld, firstSeen, pushedAt, lastAccess)
                VALUES (?, ?, ?, ?, ?, 1, 1, ?, ?, ?)
                """
        )
        blobs = try db.makeStatement(
            sql: "INSERT INTO blob (id, registryId, digest, size, uses) VALUES (?, ?, ?, ?, ?)"
        )
        links = try db.makeStatement(
            sql: "INSERT INTO manifestBlob (manifestId, blobId) VALUES (?, ?)"
        )
        places = try db.makeStatement(
            sql: """
                INSERT INTO repositoryBlob (repositoryId, blobId, uses, heldUses)
                VALUES (?1, ?2, ?3, ?3)
                """
        )
        tags = try db.makeStatement(
            sql: """
                INSERT INTO tag (id, registryId, repositoryId, name, isReferrer, manifestId,
                    movedAt, firstSeen, pushedAt, pushRank, lastAccess, lastUse, series)
                VALUES (?1, ?2, ?3, ?4, 0, ?1, ?5, ?5, ?5, ?5, ?6, ?6, '')
                """
        )
        moves = try db.makeStatement(
            sql: "INSERT INTO tagMove (tagId, since, manifestId) VALUES (?1, ?2, ?1)"
        )
        manifestHours = try db.makeStatement(
            sql: """
                INSERT INTO manifestHour (manifestId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, 0, ?3, 1, 0, ?2 * 3600000 + ?1 % 3600000)
                """
        )
        tagHours = try db.makeStatement(
            sql: """
                INSERT INTO tagHour (tagId, hour, source, pulls, resolves, pushes, lastAt)
                VALUES (?1, ?2, 0, 1, 0, 0, ?2 * 3600000 + ?1 % 3600000)
                """
        )
    }

    mutating func add(repository: Int) throws {
        let repositoryId = Int64(repository) + 1
        var sum: Int64 = 0
        var shared: Int64?
        for number in 0..<GeneratedImage.perRepository {
            let image = GeneratedImage(repository: repository, number: number)
            let id = nextManifest
            nextManifest += 1
            let manifest = image.manifest
            let digest = Digest(hashing: manifest).description
            try add(id, repositoryId, digest, image)
            var own = [GeneratedImage.Blob(digest: digest, size: Int64(manifest.count))]
            own += image.blobs
            let common = own.remove(at: 2)
            let isFirst = shared == nil
            let commonId = shared ?? nextBlob
            if isFirst {
                shared = commonId
                try add(common, repositoryId, uses: GeneratedImage.perRepository)
                sum += common.size
            }
            try links.execute(arguments: [id, commonId])
            for blob in own {
                try links.execute(arguments: [id, nextBlob])
                try add(blob, repositoryId, uses: 1)
                sum += blob.size
            }
        }
        try repositories.execute(
            arguments: [
                repositoryId, registryId, GeneratedImage.repositoryName(repository),
                GeneratedImage.perRepository, sum,
            ]
        )
        bytes += sum
    }

    private mutating func add(
        _ blob: GeneratedImage.Blob,
        _ repositoryId: Int64,
        uses: Int
    ) throws {
        try blobs.execute(arguments: [nextBlob, registryId, blob.digest, blob.size, uses])
        try places.execute(arguments: [repositoryId, nextBlob, uses])
        nextBlob += 1
    }

    /// A manifest with its tag of the same row number, and when they were used.
    ///
    /// Every other one was last used more than a week ago.
    private func add(
        _ id: Int64,
        _ repositoryId: Int64,
        _ digest: String,
        _ image: GeneratedImage
    ) throws {
        let pushed = (now - .days(29)).milliseconds + Int64(image.number) * 1_000
        let newest = image.number.isMultiple(of: 2) ? 200 + image.number : 1 + image.number
        let span = Int64(690 - newest)
        var last: Int64 = 0
        for index in stride(from: hours - 1, through: 0, by: -1) {
            let age = Int64(newest) + span * Int64(index) / Int64(hours)
            let hour = now.hour - age
            last = hour * 3_600_000 + id % 3_600_000
            try manifestHours.execute(arguments: [id, hour, 1 + id % 7])
        }
        if hours > 0 { try tagHours.execute(arguments: [id, now.hour - Int64(newest)]) }
        try manifests.execute(
            arguments: [
                id, registryId, repositoryId, digest, MediaType.ociManifest, pushed, pushed, last,
            ]
        )
        try tags.execute(
            arguments: [id, registryId, repositoryId, image.tag, pushed, last]
        )
        try moves.execute(arguments: [id, pushed])
    }
}
