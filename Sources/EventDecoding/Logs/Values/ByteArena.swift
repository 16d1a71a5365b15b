/// Short-lived copies of texts whose escapes were undone.
///
/// Memory is taken once and used again for the next record; what was copied since a mark is given up
/// by `release`.
final class ByteArena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var position = Mark()

    struct Mark {
        fileprivate var block = 0
        fileprivate var offset = 0
    }

    deinit { for block in blocks { block.deallocate() } }

    var mark: Mark { position }

    func release(_ mark: Mark) { position = mark }

    /// The text without escapes: itself where it has none.
    @inline(__always)
    func plain(_ text: JSONText) -> UnsafeRawBufferPointer {
        text.isEscaped ? copy(text.bytes, JSONString.unescape) : text.bytes
    }

    /// What the escapes of an access line mean.
    @inline(__always)
    func plain(line text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard text.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil else { return text }
        return copy(text, LineEscapes.decode)
    }

    /// Copies bytes.
    func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        copy(bytes) { source, target in
            target.copyMemory(from: source)
            return source.count
        }
    }

    /// Copies bytes through `transform`, which returns how many it wrote: no more than it read.
    func copy(
        _ bytes: UnsafeRawBufferPointer,
        _ transform: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int
    ) -> UnsafeRawBufferPointer {
        makeRoom(for: bytes.count)
        let target = UnsafeMutableRawBufferPointer(
            rebasing: blocks[position.block][position.offset..<position.offset + bytes.count]
        )
        let length = transform(bytes, target)
        position.offset += length
        return UnsafeRawBufferPointer(rebasing: target[..<length])
    }

    private func makeRoom(for count: Int) {
        if position.block < blocks.count,
            position.offset + count <= blocks[position.block].count
        {
            return
        }
        let next = blocks.isEmpty ? 0 : position.block + 1
        if next < blocks.count, blocks[next].count < count {
            for old in blocks[next...] { old.deallocate() }
            blocks.removeSubrange(next...)
        }
        if next == blocks.count {
            blocks.append(
                .allocate(byteCount: max(count, Self.smallestBlock), alignment: 16)
            )
        }
        position = Mark(block: next, offset: 0)
    }

    private static let smallestBlock = 65_536
}
