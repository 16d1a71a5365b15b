/// Ways to compress a log that are told, but not undone; by a file's first bytes.
enum Packing: String, CaseIterable {
    case zstd
    case xz
    case bzip2
    case zip

    init?(_ beginning: [UInt8]) {
        guard let packing = Self.allCases.first(where: { beginning.starts(with: $0.mark) }) else {
            return nil
        }
        self = packing
    }

    /// How many bytes tell.
    static let length = 6

    private var mark: [UInt8] {
        switch self {
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .bzip2: Array("BZh".utf8)
        case .zip: [0x50, 0x4B, 0x03, 0x04]
        }
    }

    /// The program that writes what it unpacks to its output.
    fileprivate var program: String { self == .zip ? "unzip -p" : "\(rawValue) -dc" }
}

extension ByteStream {
    /// The stream itself, from its beginning; throws where it is compressed in a way that is not read,
    /// and would be taken for a log that nobody understands.
    package func readable(place: String) throws -> any ByteStream {
        let beginning = try read(upTo: Packing.length)
        guard let packing = Packing(beginning) else { return PeekedStream(beginning, before: self) }
        throw LogReadingError(
            kind: .other,
            place: place,
            reason: "is compressed with \(packing.rawValue), which is not read here; pipe it: "
                + "\(packing.program) FILE | lastpull import -"
        )
    }
}
