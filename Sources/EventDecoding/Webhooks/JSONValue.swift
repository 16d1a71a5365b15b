/// A JSON document as a tree, for bodies that come seldom and in many shapes.
enum JSONValue {
    case object([String: JSONValue])
    case array([JSONValue])
    case text(String)
    case number(String)
    case bool(Bool)
    case null

    /// Reads a whole document.
    init(parsing bytes: UnsafeRawBufferPointer) throws(DecodingFailure) {
        var reader = JSONReader(bytes)
        self = try JSONValue(&reader)
        try reader.finish()
    }

    /// Reads a document that stands in a string of another.
    init?(inside text: String) {
        guard let value = Array(text.utf8).withUnsafeBytes(Self.whole) else { return nil }
        self = value
    }

    private static func whole(_ bytes: UnsafeRawBufferPointer) -> JSONValue? {
        try? JSONValue(parsing: bytes)
    }

    /// Reads the next value; of a key that comes twice the last counts.
    init(_ reader: inout JSONReader) throws(DecodingFailure) {
        switch try reader.peek() {
        case UInt8(ascii: "{"):
            var members: [String: JSONValue] = [:]
            try reader.enterObject()
            while let key = try reader.nextKey() {
                members[key.string] = try JSONValue(&reader)
            }
            self = .object(members)
        case UInt8(ascii: "["):
            var items: [JSONValue] = []
            try reader.enterArray()
            while try reader.nextItem() { items.append(try JSONValue(&reader)) }
            self = .array(items)
        case UInt8(ascii: "\""): self = .text(try reader.string().string)
        case UInt8(ascii: "t"):
            try reader.skipValue()
            self = .bool(true)
        case UInt8(ascii: "f"):
            try reader.skipValue()
            self = .bool(false)
        case UInt8(ascii: "n"):
            try reader.skipValue()
            self = .null
        default: self = .number(try reader.number().string)
        }
    }
}

extension JSONValue {
    /// The value at a path of keys; nil where one is missing, or is null.
    subscript(_ path: String...) -> JSONValue? {
        var value = self
        for key in path {
            guard case .object(let members) = value, let member = members[key] else { return nil }
            value = member
        }
        if case .null = value { return nil }
        return value
    }

    /// A text that says something; senders have many ways to write none.
    var string: String? {
        guard case .text(let text) = self else { return nil }
        return Array(text.utf8).withUnsafeBytes { $0.isAbsent } ? nil : text
    }

    /// A number, also one that is written as a text.
    var double: Double? {
        switch self {
        case .number(let text), .text(let text): Double(text)
        default: nil
        }
    }

    var items: [JSONValue]? {
        if case .array(let items) = self { return items }
        return nil
    }

    var members: [String: JSONValue]? {
        if case .object(let members) = self { return members }
        return nil
    }
}
