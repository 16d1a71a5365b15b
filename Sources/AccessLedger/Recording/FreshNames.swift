import RegistryModel

/// The blobs that were written down as named within the present step of time, which are not written
/// again, and how many there are in all.
///
/// In memory only: what is forgotten is written once more. Unchecked: it is only touched inside the
/// ledger's write transactions, which are serial.
final class FreshNames: @unchecked Sendable {
    private struct Name: Hashable {
        var registryId: Int64
        var blob: Digest
    }

    private var step: Int64 = .min
    private var names: Set<Name> = []
    /// By registry, at most so many rows; nothing where they were not counted yet.
    private var rows: [Int64: Int] = [:]

    /// Notes a name; false where that was done in this step of time.
    func insert(_ blob: Digest, of registryId: Int64, at time: Timestamp) -> Bool {
        let step = time.milliseconds / NamedBlobs.step.milliseconds
        if step != self.step || names.count >= Self.most {
            self.step = step
            names.removeAll(keepingCapacity: true)
        }
        return names.insert(Name(registryId: registryId, blob: blob)).inserted
    }

    /// Whether so many more rows are too many; they are counted where that may be.
    func isFull(with more: Int, _ writer: NameWriter) throws -> Bool {
        var count = try rows[writer.registryId] ?? writer.count()
        if count + more > Self.mostRows { count = try writer.count() }
        rows[writer.registryId] = count + more
        return count + more > Self.mostRows
    }

    func forgetAll() {
        names.removeAll()
        rows.removeAll()
    }

    /// Some megabytes.
    private static let most = 16_384
    /// By registry: what is pulled of a large one in a day, and some 25 MB.
    static let mostRows = 250_000
}

extension BatchRecorder {
    /// Writes down which blobs were named: whoever looks at one may be pushing what needs it.
    ///
    /// Also those that a known manifest needs, for that may go before the push is done.
    mutating func recordNames(_ delivery: Delivery) throws {
        let body = delivery.body
        guard !body.blobs.isEmpty else { return }
        let registryId = delivery.registry.id
        let news = body.blobs.filter {
            freshNames.insert($0, of: registryId, at: delivery.receivedAt)
        }
        let writer = NameWriter(db: db, registryId: registryId)
        if body.namesFurtherBlobs {
            try writer.note(NameWriter.anything, at: delivery.receivedAt)
        }
        guard !news.isEmpty else { return }
        guard try !freshNames.isFull(with: news.count, writer) else {
            freshNames.forgetAll()
            return try writer.merge(at: delivery.receivedAt)
        }
        for blob in news { try writer.note(blob.description, at: delivery.receivedAt) }
    }
}
