import Foundation

/// One JSON object as text, written key by key.
///
/// A sweep has tens of thousands of items, for which Foundation's boxes and comparisons of keys
/// take longer than the sweep, and whose whole text would take more memory. Keys are written as they
/// come; they are in order by convention.
struct JSONText {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]
    /// Takes the text bit by bit; nil for an object that is part of another.
    private let write: (([UInt8]) -> Void)?

    init(writingTo write: (([UInt8]) -> Void)? = nil) { self.write = write }

    /// Ends the object, and writes what is left of it with the end of a line.
    mutating func finish() {
        bytes += "}\n".utf8
        write?(bytes)
        bytes = []
    }

    mutating func add(_ key: StaticString, _ text: String) {
        begin(key)
        Self.append(text, to: &bytes)
    }

    mutating func add(_ key: StaticString, _ text: String?) {
        guard let text else { return add(key, raw: "null") }
        add(key, text)
    }

    mutating func add(_ key: StaticString, _ number: Int64) { add(key, raw: "\(number)") }

    mutating func add(_ key: StaticString, _ number: Int64?) {
        add(key, raw: number.map { "\($0)" } ?? "null")
    }

    mutating func add(_ key: StaticString, _ texts: [String]) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.append(text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func add(_ key: StaticString, _ counts: [String: Int]) {
        begin(key)
        bytes.append(UInt8(ascii: "{"))
        for (index, entry) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.append(entry.key, to: &bytes)
            bytes += ":\(entry.value)".utf8
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Adds a list of the objects that `body` hands over one by one.
    mutating func add(_ key: StaticString, objects body: ((JSONText) -> Void) -> Void) {
        begin(key)
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        body { object in
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes += object.bytes
            bytes.append(UInt8(ascii: "}"))
            guard let write, bytes.count > Self.most else { return }
            write(bytes)
            bytes.removeAll(keepingCapacity: true)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Bytes that are written at once.
    private static let most = 1 << 16

    private mutating func add(_ key: StaticString, raw: String) {
        begin(key)
        bytes += raw.utf8
    }

    private mutating func begin(_ key: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes += $0 }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// A string with what RFC 8259, section 7, wants escaped.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
            case UInt8(ascii: "\t"): bytes += #"\t"#.utf8
            case 0..<0x20: bytes += [UInt8]("\\u00".utf8) + [hex(byte >> 4), hex(byte & 15)]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        [UInt8]("0123456789abcdef".utf8)[Int(digit)]
    }
}
