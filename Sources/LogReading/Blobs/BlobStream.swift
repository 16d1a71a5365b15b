import Foundation

/// A blob from some offset to the length that it had in the list; the next part is fetched while one
/// is read.
package final class BlobStream: ByteStream {
    private let container: BlobContainer
    private let name: String
    private let end: Int64
    private var offset: Int64
    private var part: ArraySlice<UInt8> = []
    private var next: Task<BlobContainer.Part, any Error>?
    package private(set) var fetched: Int64 = 0

    package init(_ container: BlobContainer, name: String, from offset: Int64, to end: Int64) {
        self.container = container
        self.name = name
        self.offset = offset
        self.end = end
    }

    deinit { next?.cancel() }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if part.isEmpty {
            guard let next = next ?? fetch() else { return 0 }
            let bytes = try waiting { try await next.value }.bytes
            self.next = nil
            guard !bytes.isEmpty else {
                throw LogReadingError(
                    kind: .changed,
                    place: container.address(of: name),
                    reason: "became shorter while it was read; import it again"
                )
            }
            part = bytes[...]
            offset += Int64(bytes.count)
            fetched += Int64(bytes.count)
            self.next = fetch()
        }
        let count = min(part.count, buffer.count)
        buffer.copyBytes(from: part.prefix(count))
        part = part.dropFirst(count)
        return count
    }

    private func fetch() -> Task<BlobContainer.Part, any Error>? {
        guard offset < end else { return nil }
        let (container, name, offset) = (container, name, offset)
        let count = Int(min(end - offset, Self.partLength))
        return Task { try await container.read(name, from: offset, count: count) }
    }

    private static let partLength: Int64 = 4 << 20
}
