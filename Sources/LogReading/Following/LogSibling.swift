import Foundation

/// The first bytes of a log, inflated: by them it is known again before anything of it was read.
struct LogBeginning: Hashable {
    /// None where they tell nothing.
    let length: Int
    private let hash: [UInt8]

    static let unknown = LogBeginning([])

    /// Of no more than `LogMark.length` bytes.
    ///
    /// Zeros stand at the beginning of every log that was
    /// truncated beneath its writer.
    init(_ bytes: some Collection<UInt8>) {
        length = bytes.allSatisfy { $0 == 0 } ? 0 : bytes.count
        hash = LogMark.hash(bytes)
    }

    /// Whether `bytes` begin so.
    func begins(_ bytes: some Collection<UInt8>) -> Bool {
        length > 0 && bytes.count >= length && LogMark.hash(bytes.prefix(length)) == hash
    }
}

/// A file beside a followed log, as it was when the folder was listed.
struct LogSibling: Hashable {
    let device: Int64
    let inode: Int64
    /// When it was last written to, in nanoseconds.
    let changeStamp: Int64
    let size: Int64
    var beginning = LogBeginning.unknown

    init(_ status: stat) {
        device = Int64(bitPattern: UInt64(status.st_dev))
        inode = Int64(bitPattern: UInt64(status.st_ino))
        changeStamp =
            Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        size = Int64(status.st_size)
    }

    var identity: (device: Int64, inode: Int64) { (device, inode) }

    /// Seconds are what every packer hands on.
    var changedAt: Int64 { changeStamp / 1_000_000_000 }

    /// Whether it is a copy, packed or not, or another name.
    func isSame(as other: LogSibling) -> Bool {
        beginning.length > 0 && beginning == other.beginning
    }

    /// Whether nobody has written to it since.
    func isUnchanged(_ other: LogSibling) -> Bool {
        inode == other.inode && device == other.device && changeStamp == other.changeStamp
            && size == other.size
    }
}

/// The files that were seen beside a followed log, by which new ones are told.
struct SeenSiblings {
    private var files: [LogSibling] = []

    /// The same file, unless it was written to since.
    func unchanged(_ sibling: LogSibling) -> LogSibling? {
        files.first { $0.isUnchanged(sibling) }
    }

    /// Whether a file with this beginning was seen, under whatever name, packed or not.
    func knows(_ sibling: LogSibling, beginning bytes: ArraySlice<UInt8>) -> Bool {
        files.contains { file in
            if file.inode == sibling.inode, file.device == sibling.device {
                return file.beginning.begins(bytes)
            }
            return file.isSame(as: sibling)
        }
    }

    /// Takes note of all that is there; of what has gone the last is remembered, as it may be packed.
    mutating func note(_ beside: [LogSibling]) {
        let present = Set(beside)
        files = files.filter { !present.contains($0) }.suffix(Self.mostGone) + beside
    }

    private static let mostGone = 64
}
