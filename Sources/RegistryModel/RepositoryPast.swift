/// What the ledger remembers of one repository over time, as far as it goes back.
package struct RepositoryPast: Sendable, Equatable {
    /// Accesses of one hour; of two sources that report it the larger counts.
    package struct Hour: Sendable, Hashable {
        /// Hours since 1970.
        package var hour: Int64
        package var counts: AccessCounts
        package var lastAt: Timestamp

        package init(hour: Int64, counts: AccessCounts, lastAt: Timestamp) {
            self.hour = hour
            self.counts = counts
            self.lastAt = lastAt
        }
    }

    /// A tag, with everything it pointed to.
    package struct Tag: Sendable, Equatable {
        package struct Move: Sendable, Hashable {
            package var since: Timestamp
            /// The manifest's row; nil when the tag was gone from then on.
            package var manifest: Int64?

            package init(since: Timestamp, manifest: Int64?) {
                self.since = since
                self.manifest = manifest
            }
        }

        package var id: Int64
        package var name: TagName
        package var firstSeen: Timestamp
        /// The last push heard.
        package var pushedAt: Timestamp?
        /// In order of time.
        package var moves: [Move]
        /// In order of time.
        package var hours: [Hour]
        /// What the registry itself told of its pulls; nil where it does not.
        package var told: ToldFacts?

        package init(
            id: Int64,
            name: TagName,
            firstSeen: Timestamp,
            pushedAt: Timestamp?,
            moves: [Move],
            hours: [Hour]
        ) {
            self.id = id
            self.name = name
            self.firstSeen = firstSeen
            self.pushedAt = pushedAt
            self.moves = moves
            self.hours = hours
        }

        /// What the registry would have told at `moment`, as far as that follows from what it told
        /// later: nil where there was a pull or a push in between.
        package func told(at moment: Timestamp) -> ToldFacts? {
            guard let told, told.at >= moment, told.lastPull.map({ $0 < moment }) ?? true,
                pushedAt.map({ $0 < moment }) ?? true
            else { return nil }
            return ToldFacts(at: moment, lastPull: told.lastPull)
        }
    }

    /// A manifest; its content never changes.
    package struct Manifest: Sendable, Equatable {
        package var id: Int64
        package var digest: Digest
        package var reading: ManifestFacts.Reading
        package var firstSeen: Timestamp
        package var pushedAt: Timestamp?
        package var goneAt: Timestamp?
        package var subject: Digest?
        package var children: [Digest] = []
        /// With the number of manifests that refer to each now.
        package var blobs: [BlobFacts] = []
        /// Of its own configuration.
        package var labels: LabelFacts?
        /// In order of time.
        package var hours: [Hour] = []

        package init(
            id: Int64,
            digest: Digest,
            reading: ManifestFacts.Reading,
            firstSeen: Timestamp
        ) {
            self.id = id
            self.digest = digest
            self.reading = reading
            self.firstSeen = firstSeen
        }
    }

    /// Requests for something that was really removed, which are no accesses.
    package struct Missed: Sendable, Equatable {
        /// Nil for requests by digest.
        package var tag: TagName?
        package var digest: Digest?
        package var first: Timestamp
        package var last: Timestamp
        package var count: Int

        package init(
            tag: TagName?,
            digest: Digest?,
            first: Timestamp,
            last: Timestamp,
            count: Int
        ) {
            self.tag = tag
            self.digest = digest
            self.first = first
            self.last = last
            self.count = count
        }
    }

    package var facts: RepositoryFacts
    package var tags: [Tag]
    package var manifests: [Manifest]
    package var missed: [Missed]

    package init(
        facts: RepositoryFacts,
        tags: [Tag],
        manifests: [Manifest],
        missed: [Missed] = []
    ) {
        self.facts = facts
        self.tags = tags
        self.manifests = manifests
        self.missed = missed
    }
}
