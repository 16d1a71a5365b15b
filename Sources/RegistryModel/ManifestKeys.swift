/// Looks for fields that another reader of a manifest could find elsewhere.
///
/// Registries and clients are written in Go, whose decoder takes the last of two fields of one name,
/// and takes `Layers` for `layers`, too (`encoding/json`, `Unmarshal`); others take the first, and
/// only exact names. What readers disagree about can't be known, so that all of it has to stay.
///
/// It works on bytes that a strict decoder has accepted; what it finds wrong is an error as well.
struct ManifestKeys {
    /// The names that matter in one kind of object.
    private enum Level {
        case manifest
        case descriptor
        case layer

        var names: [StaticString] {
            switch self {
            case .manifest: ManifestKeys.ofManifest
            case .descriptor: ManifestKeys.ofDescriptor
            case .layer: ManifestKeys.ofLayer
            }
        }

        /// What the value of a field is made of; nil where that does not matter.
        func inside(_ name: Int) -> Level? {
            guard case .manifest = self, name >= 2 else { return nil }
            return name == 6 ? .layer : .descriptor
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// Throws where a field that matters is there twice, or in another spelling.
    static func check(_ bytes: [UInt8]) throws(ManifestError) {
        let problem = bytes.withUnsafeBytes { bytes -> ManifestError? in
            var keys = ManifestKeys(bytes: bytes)
            do throws(ManifestError) {
                try keys.document()
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func document() throws(ManifestError) {
        guard peek() == UInt8(ascii: "{") else { throw .notJSON }
        try object(.manifest)
    }

    private mutating func object(_ level: Level) throws(ManifestError) {
        position += 1
        guard !take(UInt8(ascii: "}")) else { return }
        var seen = 0
        let names = level.names
        repeat {
            let key = try string()
            guard take(UInt8(ascii: ":")) else { throw .notJSON }
            let name = try Self.known(key, names)
            if let name {
                guard seen & (1 << name) == 0 else { throw .unclearField("\(names[name])") }
                seen |= 1 << name
            }
            if let name, let inside = level.inside(name) {
                try value(inside)
            } else {
                try skipValue()
            }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw .notJSON }
    }

    /// An object or a list of them; the decoder has seen that it nests no deeper.
    private mutating func value(_ level: Level) throws(ManifestError) {
        switch peek() {
        case UInt8(ascii: "{"): try object(level)
        case UInt8(ascii: "["):
            position += 1
            guard !take(UInt8(ascii: "]")) else { return }
            repeat {
                if peek() == UInt8(ascii: "{") { try object(level) } else { try skipValue() }
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw .notJSON }
        default: try skipValue()
        }
    }

    /// Which of `names` a key is, exactly; throws where it only would be for a reader that ignores
    /// case, or is written with escapes, as nobody writes it.
    private static func known(
        _ key: Slice<UnsafeRawBufferPointer>,
        _ names: [StaticString]
    ) throws(ManifestError) -> Int? {
        guard !key.contains(UInt8(ascii: "\\")) else {
            throw .unclearField(String(decoding: key, as: UTF8.self))
        }
        let found = names.firstIndex { isName(key, $0) }
        guard let found else { return nil }
        let name = names[found]
        let isExact = key.elementsEqual(
            UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        )
        guard isExact else { throw .unclearField("\(name)") }
        return found
    }

    /// Whether the key is `name` but for case, by Unicode's simple folding: beside letters of ASCII,
    /// the long s is an s, and the sign for kelvin a k.
    private static func isName(_ key: Slice<UnsafeRawBufferPointer>, _ name: StaticString) -> Bool {
        var index = key.startIndex
        for place in 0..<name.utf8CodeUnitCount {
            guard index < key.endIndex else { return false }
            let expected = name.utf8Start[place] | 0x20
            let rest = key[index...]
            if rest.first.map({ $0 | 0x20 }) == expected {
                index += 1
            } else if expected == UInt8(ascii: "s"), rest.starts(with: [0xC5, 0xBF]) {
                index += 2
            } else if expected == UInt8(ascii: "k"), rest.starts(with: [0xE2, 0x84, 0xAA]) {
                index += 3
            } else {
                return false
            }
        }
        return index == key.endIndex
    }

    // MARK: Bytes

    private mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return bytes[position]
            }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// The inside of a string, as it is written.
    private mutating func string() throws(ManifestError) -> Slice<UnsafeRawBufferPointer> {
        guard take(UInt8(ascii: "\"")) else { throw .notJSON }
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { throw .notJSON }
        position += 1
        return bytes[start..<(position - 1)]
    }

    /// Reads past one value, however deep.
    private mutating func skipValue() throws(ManifestError) {
        var depth = 0
        repeat {
            switch peek() {
            case nil: throw .notJSON
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"): position += 1
            default: skipWord()
            }
        } while depth > 0
    }

    /// A number, or one of the words.
    private mutating func skipWord() {
        while position < bytes.count, !Self.ends.contains(bytes[position]) { position += 1 }
    }

    private static let ofManifest: [StaticString] = [
        "schemaVersion", "mediaType", "config", "layers", "manifests", "blobs", "fsLayers",
        "subject",
    ]
    private static let ofDescriptor: [StaticString] = ["mediaType", "digest", "size", "urls"]
    private static let ofLayer: [StaticString] = ["blobSum"]
    private static let ends = Set(Array(",:]}[{\" \n\r\t".utf8))
}
