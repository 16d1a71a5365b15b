/// Many accesses of one log: every text once, and each access a small row that refers to them.
///
/// A log names few images and clients very often. In this form a million accesses take 80 MB and no
/// reference counting; whoever counts them can do so by their numbers.
package struct AccessTable: Sendable, Equatable {
    /// Who asked.
    package struct Client: Sendable, Hashable {
        /// The address without port.
        package var address: String?
        package var actor: String?
        package var userAgent: String?

        package init(address: String?, actor: String?, userAgent: String?) {
            self.address = address
            self.actor = actor
            self.userAgent = userAgent
        }
    }

    /// One access; its numbers are offsets into the table's lists, -1 for none.
    package struct Row: Sendable, Equatable {
        package var key: EventKey
        package var time: Timestamp
        /// Bytes of the manifest; 0 where it is not known.
        package var size: Int64
        package var repository: Int32
        package var digest: Int32
        package var tag: Int32
        package var client: Int32
        package var mediaType: Int32
        package var `class`: AccessClass
        package var isSecondGranular: Bool

        package init(
            key: EventKey,
            time: Timestamp,
            size: Int64,
            repository: Int32,
            digest: Int32,
            tag: Int32,
            client: Int32,
            mediaType: Int32,
            class: AccessClass,
            isSecondGranular: Bool
        ) {
            self.key = key
            self.time = time
            self.size = size
            self.repository = repository
            self.digest = digest
            self.tag = tag
            self.client = client
            self.mediaType = mediaType
            self.class = `class`
            self.isSecondGranular = isSecondGranular
        }
    }

    /// In the order of the log.
    package var rows: [Row] = []
    package var repositories: [RepositoryName] = []
    package var digests: [Digest] = []
    package var tags: [TagName] = []
    package var clients: [Client] = []
    package var mediaTypes: [String] = []

    package init() {}

    /// The whole of what a row says.
    package func access(_ row: Row) -> Access {
        let client = clients[Int(row.client)]
        return Access(
            key: row.key,
            time: row.time,
            class: row.class,
            repository: repositories[Int(row.repository)],
            digest: row.digest < 0 ? nil : digests[Int(row.digest)],
            tag: row.tag < 0 ? nil : tags[Int(row.tag)],
            mediaType: row.mediaType < 0 ? nil : mediaTypes[Int(row.mediaType)],
            size: row.size == 0 ? nil : row.size,
            address: client.address,
            actor: client.actor,
            userAgent: client.userAgent,
            isSecondGranular: row.isSecondGranular
        )
    }
}
