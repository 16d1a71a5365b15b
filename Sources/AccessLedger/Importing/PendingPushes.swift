import GRDB
import RegistryModel

/// When manifests and tags were pushed last, until their rows say so.
///
/// A log tells of many pushes of one image; its rows, which several indexes know, are written once.
struct PendingPushes {
    private var manifests: [Int64: Int64] = [:]
    private var tags: [Int64: Int64] = [:]

    mutating func note(manifest id: Int64, at time: Timestamp) {
        manifests[id] = max(manifests[id] ?? .min, time.milliseconds)
    }

    /// Notes that a tag was pushed again with what it points to.
    mutating func note(tag id: Int64, at time: Timestamp) {
        tags[id] = max(tags[id] ?? .min, time.milliseconds)
    }

    /// Writes what is pending of one tag.
    mutating func settle(tag id: Int64, _ writer: InventoryWriter) throws {
        guard let time = tags.removeValue(forKey: id) else { return }
        try writer.tagPushedLast(id, at: Timestamp(milliseconds: time))
    }

    /// Writes everything.
    mutating func settle(_ writer: InventoryWriter) throws {
        for (id, time) in manifests.sorted(by: { $0.key < $1.key }) {
            try writer.manifestPushed(id, at: Timestamp(milliseconds: time))
        }
        for (id, time) in tags.sorted(by: { $0.key < $1.key }) {
            try writer.tagPushedLast(id, at: Timestamp(milliseconds: time))
        }
        self = PendingPushes()
    }
}
