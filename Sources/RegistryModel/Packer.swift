/// Texts that many values of a list share, by their numbers.
struct PackedNames: Sendable {
    private(set) var texts: [String] = []
    private var numbers: [String: Int] = [:]

    mutating func number(of text: String) -> Int {
        if let known = numbers[text] { return known }
        texts.append(text)
        numbers[text] = texts.count - 1
        return texts.count - 1
    }
}

/// Writes the parts of a value, which `Unpacker` reads in the same order.
///
/// Integers as LEB128 with the sign in the lowest bit, texts with their length before them, the
/// usual digests as their 32 bytes.
package struct Packer {
    var bytes: [UInt8]
    var names: PackedNames

    package mutating func add(_ number: Int) { add(Int64(number)) }

    package mutating func add(_ number: Int64) {
        add(unsigned: UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    package mutating func add(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

    package mutating func add(_ text: String) {
        add(unsigned: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds a text that other values of the list have too.
    package mutating func add(shared text: String) {
        add(unsigned: UInt64(names.number(of: text)))
    }

    package mutating func add(_ digest: Digest) {
        guard digest.algorithm == "sha256" else {
            bytes.append(0)
            add(digest.description)
            return
        }
        bytes.append(1)
        var high: UInt8?
        for character in digest.encoded.utf8 {
            let value = character < UInt8(ascii: "a") ? character - 48 : character - 87
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
    }

    /// Adds a value that may be missing.
    package mutating func add<Value>(_ value: Value?, _ add: (inout Packer, Value) -> Void) {
        self.add(value != nil)
        if let value { add(&self, value) }
    }

    private mutating func add(unsigned number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads what a `Packer` wrote, in the same order.
package struct Unpacker {
    let bytes: [UInt8]
    fileprivate(set) var offset: Int
    let names: [String]

    package mutating func number() -> Int64 {
        let number = unsigned()
        return Int64(bitPattern: number >> 1) ^ -Int64(number & 1)
    }

    package mutating func flag() -> Bool {
        defer { offset += 1 }
        return bytes[offset] == 1
    }

    package mutating func text() -> String {
        let end = Int(unsigned()) + offset
        defer { offset = end }
        return String(decoding: bytes[offset..<end], as: UTF8.self)
    }

    package mutating func shared() -> String { names[Int(unsigned())] }

    package mutating func digest() -> Digest {
        guard flag() else { return Digest(unchecked: text()) }
        let start = offset
        offset += 32
        let text = bytes.withUnsafeBufferPointer { bytes in
            String(unsafeUninitializedCapacity: 71) { buffer in
                Self.prefix.withUTF8Buffer { _ = buffer.update(fromContentsOf: $0) }
                for index in 0..<32 {
                    let byte = bytes[start + index]
                    buffer[7 + 2 * index] = Self.hex(byte >> 4)
                    buffer[8 + 2 * index] = Self.hex(byte & 15)
                }
                return 71
            }
        }
        return Digest(unchecked: text)
    }

    private static let prefix: StaticString = "sha256:"

    private static func hex(_ value: UInt8) -> UInt8 { value + (value < 10 ? 48 : 87) }

    package mutating func tag() -> TagName { TagName(unchecked: text()) }

    package mutating func repository() -> RepositoryName { RepositoryName(unchecked: shared()) }

    package mutating func optional<Value>(_ read: (inout Unpacker) -> Value) -> Value? {
        flag() ? read(&self) : nil
    }

    private mutating func unsigned() -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = bytes[offset]
            offset += 1
            result |= UInt64(byte & 0x7f) << shift
            guard byte >= 0x80 else { return result }
            shift += 7
        }
    }
}
