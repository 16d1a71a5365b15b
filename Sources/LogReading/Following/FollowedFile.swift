import Foundation
import RegistryModel

/// A file that is followed, and how far.
package struct FollowedFile: Sendable, Equatable {
    /// Names it in the ledger.
    package var id: Int64
    package var device: Int64
    package var inode: Int64
    package var growth: LogGrowth

    package init(id: Int64, device: Int64, inode: Int64, growth: LogGrowth) {
        self.id = id
        self.device = device
        self.inode = inode
        self.growth = growth
    }

    /// A file of which nothing was read, that takes the place of another one.
    init(_ file: LogFile, after other: FollowedFile? = nil) {
        self.init(
            id: .random(in: 1 ... .max),
            device: file.device,
            inode: file.inode,
            growth: other?.growth.followedByAnother() ?? LogGrowth()
        )
    }
}

extension FollowedFile {
    func isAt(_ identity: (device: Int64, inode: Int64)?) -> Bool {
        identity.map { $0.device == device && $0.inode == inode } ?? false
    }
}

/// A followed file that is open, perhaps under another name or compressed by now.
final class FollowedOpenFile {
    let file: LogFile
    var state: FollowedFile
    /// Since when nothing came, of one that others replaced.
    var quietSince: Timestamp?
    /// Nothing is expected of it any more.
    var isDone = false
    /// Its last change at the time when its content was last seen to be what was read.
    var checkedChange: Int64?
    /// Its last change at the last look that found it in the log's place, in nanoseconds.
    var lookedChange: Int64
    /// It does not grow any more.
    let isCopy: Bool
    private let inflated: (any ByteStream)?
    /// What was inflated and not taken yet.
    private var ahead: [UInt8] = []
    private var aheadOffset: Int64

    init(_ file: LogFile, _ state: FollowedFile) {
        self.file = file
        self.state = state
        isCopy = false
        inflated = nil
        aheadOffset = 0
        lookedChange = file.changeStamp
    }

    /// The rest of a log in a file beside; nil where it is not in there.
    init?(rest state: FollowedFile, in file: LogFile) throws {
        let opened = try file.open(
            known: [state.growth.known],
            pool: BufferPool(length: 65_536)
        )
        guard opened.known != nil else { return nil }
        self.file = file
        self.state = state
        isCopy = file.inode != state.inode
        inflated = opened.isCompressed ? opened.stream : nil
        aheadOffset = state.growth.offset
        lookedChange = file.changeStamp
        self.state.growth.load(beginning: opened.beginning, tail: opened.tail)
    }

    /// A whole log that was rotated while nobody read it.
    init(whole file: LogFile, _ state: FollowedFile) throws {
        self.file = file
        self.state = state
        let (stream, isCompressed) = try file.stream(from: 0).inflated(place: file.path)
        // Its writer may not know yet that it was renamed.
        isCopy = isCompressed
        inflated = isCompressed ? stream : nil
        aheadOffset = 0
        lookedChange = file.changeStamp
    }

    func quiet(_ now: Timestamp) -> Span { quietSince.map { now - $0 } ?? .zero }

    /// Whether it still has before `offset` what was read there; else it was truncated.
    func hasWhatWasRead() throws -> Bool {
        let growth = state.growth
        // A file that was truncated may by chance be just as long again.
        let change = file.changeStamp
        guard growth.offset > 0, file.size != growth.offset || change != checkedChange else {
            return true
        }
        guard try file.matches(growth.mark, offset: growth.offset) else { return false }
        checkedChange = change
        return true
    }

    /// Its first bytes at present; none of a compressed one, which is read once only.
    func beginning() -> [UInt8] {
        guard inflated == nil else { return [] }
        return (try? file.bytes(at: 0, count: LogMark.length)) ?? []
    }

    /// Up to `count` bytes at `offset`, which never goes back behind where it was.
    func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        guard let inflated else {
            // Most of the time there is nothing.
            return file.size > offset ? try file.bytes(at: offset, count: count) : []
        }
        ahead.removeFirst(min(ahead.count, Int(offset - aheadOffset)))
        aheadOffset = offset
        ahead += try inflated.read(upTo: max(0, count - ahead.count))
        return Array(ahead.prefix(count))
    }
}
