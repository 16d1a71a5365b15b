import Dispatch
import RegistryModel

/// Reads a large body of lines on all processors, with the same outcome as one after the other.
enum ParallelReading {
    /// The decoders of the parts of `bytes`; nil where it has to be read as a whole.
    static func read(_ bytes: UnsafeRawBufferPointer, _ dialect: LogDialect) -> [LogDecoder]? {
        guard bytes.count >= smallest, isOfLines(bytes) else { return nil }
        let parts = parts(of: bytes)
        guard parts.count > 1 else { return nil }
        let results = Results<LogDecoder>(parts.count)
        let source = Source(bytes: bytes)
        DispatchQueue.concurrentPerform(iterations: parts.count) { index in
            var decoder = LogDecoder(dialect)
            decoder.base = parts[index].lowerBound
            let part = source.bytes.part(parts[index].lowerBound, parts[index].upperBound)
            decoder.read(part, as: .outermost)
            results.set(index, decoder)
        }
        let decoders = results.all
        // Where records are cut is certain only as long as all of them are whole.
        guard decoders.count == parts.count,
            decoders.allSatisfy({ !$0.isBroken && $0.pieces.isEmpty })
        else { return nil }
        // Of requests that are told twice, the other half may be in any part.
        let tellsTwice =
            decoders.contains(where: \.hasAccessLines)
            && decoders.contains { !$0.ownLog.isEmpty }
        return tellsTwice && dialect.format == nil ? nil : decoders
    }

    static func joined(_ decoders: [LogDecoder]) -> DecodedBody {
        var ordinals = RecordOrdinals()
        let hasAccessLines = decoders.contains(where: \.hasAccessLines)
        var logs: [DecodedLog] = []
        for var decoder in decoders {
            decoder.hasAccessLines = hasAccessLines
            decoder.finish()
            logs.append(DecodedLog(decoder))
            logs[logs.count - 1].number(&ordinals)
        }
        var body = DecodedBody()
        for log in logs { body.append(log.rest) }
        body.accesses = accesses(of: logs.map(\.table))
        return body
    }

    /// The accesses of all tables, each written to its place once.
    private static func accesses(of tables: [AccessTable]) -> [Access] {
        var starts: [Int] = []
        var count = 0
        for table in tables {
            starts.append(count)
            count += table.rows.count
        }
        return [Access](unsafeUninitializedCapacity: count) { buffer, initialized in
            let places = Places(base: buffer.baseAddress)
            DispatchQueue.concurrentPerform(iterations: tables.count) { [starts] index in
                guard let base = places.base else { return }
                for (offset, row) in tables[index].rows.enumerated() {
                    (base + starts[index] + offset).initialize(to: tables[index].access(row))
                }
            }
            initialized = count
        }
    }

    /// Unchecked: each place is written by one thread.
    private struct Places: @unchecked Sendable {
        let base: UnsafeMutablePointer<Access>?
    }

    /// Whether the first record ends with its line, as all do then but for broken ones.
    private static func isOfLines(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0) ?? bytes.count
        guard end < bytes.count / 2 else { return false }
        switch bytes.part(0, end).trimmed.first {
        case UInt8(ascii: "{"):
            var reader = JSONReader(bytes.part(0, end))
            do throws(DecodingFailure) {
                try reader.skipValue()
                try reader.finish()
            } catch {
                return false
            }
            return true
        case UInt8(ascii: "["), nil: return false
        default: return true
        }
    }

    private static func parts(of bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            let wanted = start + smallest / 2
            let end =
                wanted < bytes.count
                ? LogDecoder.nextRecord(in: bytes, after: wanted) : bytes.count
            parts.append(start..<end)
            start = end
        }
        return parts
    }

    /// Below this a second thread costs more than it saves.
    private static let smallest = 512 << 10

    /// Unchecked: read by all, and written by none.
    private struct Source: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
    }

    /// Unchecked: a lock guards it.
    private final class Results<Value>: @unchecked Sendable {
        private let lock = DispatchSemaphore(value: 1)
        private var values: [Value?]

        init(_ count: Int) { values = Array(repeating: nil, count: count) }

        func set(_ index: Int, _ value: Value) {
            lock.wait()
            values[index] = value
            lock.signal()
        }

        var all: [Value] { values.compactMap(\.self) }
    }
}

extension DecodedBody {
    /// Adds all but the accesses.
    fileprivate mutating func append(_ other: DecodedBody) {
        ignored += other.ignored
        addRejections(of: other)
        noteBlobs(of: other)
        for miss in other.misses { note(miss) }
    }
}
