import Foundation
import RegistryModel

/// What identifies an event or line that was heard, by which it is counted once.
struct SeenKey: Sendable, Hashable, Comparable {
    var registryId: Int64
    var stamp: Int64
    var high: Int64
    var low: Int64

    init(_ access: Access, of registryId: Int64) {
        self.registryId = registryId
        stamp = access.time.milliseconds
        high = Int64(bitPattern: access.key.high)
        low = Int64(bitPattern: access.key.low)
    }

    /// As the table's row has it.
    var words: InlineArray<4, Int64> { [registryId, stamp, high, low] }

    /// In the order of the table's rows, so that many are written page by page.
    static func < (left: SeenKey, right: SeenKey) -> Bool {
        (left.registryId, left.stamp, left.high, left.low)
            < (right.registryId, right.stamp, right.high, right.low)
    }
}

/// A row whose uses are counted by hour.
struct CountedRow: Sendable, Hashable, Comparable {
    enum Kind: Int64, Sendable {
        case manifest = 0
        case tag = 1
    }

    var kind: Kind
    var id: Int64

    static func < (left: CountedRow, right: CountedRow) -> Bool {
        (left.kind.rawValue, left.id) < (right.kind.rawValue, right.id)
    }
}

/// An hour as one source reports it; of two sources the larger count holds.
struct CountedHour: Sendable, Hashable, Comparable {
    var hour: Int64
    var source: Int

    static func < (left: CountedHour, right: CountedHour) -> Bool {
        (left.hour, left.source) < (right.hour, right.source)
    }
}

/// One use of one row.
struct Credit: Sendable, Equatable {
    var row: CountedRow
    var accessClass: AccessClass
    var source: Int
    /// Milliseconds.
    var time: Int64
    /// Whether the row's own last access is to follow, which costs ten times as much as an hour.
    var raisesRow: Bool
}

/// What one commit adds to the journal.
struct JournalPage: Sendable, Equatable {
    private(set) var keys: [SeenKey] = []
    private(set) var credits: [Credit] = []

    init() {}

    var isEmpty: Bool { keys.isEmpty && credits.isEmpty }

    mutating func append(_ key: SeenKey) { keys.append(key) }
    mutating func append(_ credit: Credit) { credits.append(credit) }
}

// MARK: - As it is stored

extension JournalPage {
    init(keys: Data, credits: Data) {
        self.keys = keys.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: SeenKey.words * Words.size).map {
                SeenKey(bytes, at: $0)
            }
        }
        self.credits = credits.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: Credit.words * Words.size)
                .map { Credit(bytes, at: $0) }
        }
    }

    var storedKeys: Data {
        var words = Words(capacity: keys.count * SeenKey.words)
        for key in keys {
            words.append(key.registryId)
            words.append(key.stamp)
            words.append(key.high)
            words.append(key.low)
        }
        return words.data
    }

    var storedCredits: Data {
        var words = Words(capacity: credits.count * Credit.words)
        for credit in credits {
            words.append(credit.row.id)
            words.append(credit.time)
            words.append(credit.traits)
        }
        return words.data
    }
}

extension SeenKey {
    fileprivate static let words = 4

    fileprivate init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        registryId = bytes.word(at: offset)
        stamp = bytes.word(at: offset + Words.size)
        high = bytes.word(at: offset + 2 * Words.size)
        low = bytes.word(at: offset + 3 * Words.size)
    }
}

extension Credit {
    fileprivate static let words = 3

    fileprivate init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let traits = bytes.word(at: offset + 2 * Words.size)
        row = CountedRow(
            kind: traits & 1 == 0 ? .manifest : .tag,
            id: bytes.word(at: offset)
        )
        time = bytes.word(at: offset + Words.size)
        raisesRow = traits >> 1 & 1 == 1
        accessClass = AccessClass(code: traits >> 2 & 3)
        source = Int(traits >> 4)
    }

    /// Kind, whether it raises the row, class and source, from the lowest bit on.
    fileprivate var traits: Int64 {
        row.kind.rawValue | (raisesRow ? 2 : 0) | accessClass.code << 2 | Int64(source) << 4
    }
}

extension AccessClass {
    fileprivate init(code: Int64) {
        switch code {
        case 0: self = .pull
        case 1: self = .resolve
        case 2: self = .push
        default: self = .delete
        }
    }

    fileprivate var code: Int64 {
        switch self {
        case .pull: 0
        case .resolve: 1
        case .push: 2
        case .delete: 3
        }
    }
}

/// Whole numbers one after the other, least significant byte first.
private struct Words {
    static let size = MemoryLayout<Int64>.size
    private var words: [Int64] = []

    init(capacity: Int) { words.reserveCapacity(capacity) }

    mutating func append(_ value: Int64) { words.append(value.littleEndian) }

    var data: Data { words.withUnsafeBytes { Data($0) } }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(at offset: Int) -> Int64 {
        Int64(littleEndian: loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }
}
