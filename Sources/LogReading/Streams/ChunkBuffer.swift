import Synchronization

/// Memory for a piece of a log, which goes back to where it came from.
package final class ChunkBuffer: @unchecked Sendable {
    // Unchecked: it is filled by one thread, and only read after it was handed on.
    package private(set) var bytes: UnsafeMutableRawBufferPointer
    private let pool: BufferPool

    fileprivate init(_ bytes: UnsafeMutableRawBufferPointer, _ pool: BufferPool) {
        self.bytes = bytes
        self.pool = pool
    }

    deinit { pool.give(bytes) }

    /// Makes room for twice as much.
    func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.count * 2,
            alignment: 64
        )
        larger.copyMemory(from: UnsafeRawBufferPointer(bytes))
        bytes.deallocate()
        bytes = larger
    }
}

/// Keeps the memory of pieces, so that the kernel need not clear it for each.
package final class BufferPool: @unchecked Sendable {
    // Unchecked: raw memory is not Sendable; what lies in `free` belongs to nobody else.
    private let free = Mutex<[UInt]>([])
    package let length: Int

    package init(length: Int = 4 << 20) { self.length = length }

    deinit {
        free.withLock { free in
            for address in free { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
        }
    }

    package func take() -> ChunkBuffer {
        let address = free.withLock { $0.popLast() }
        if let address, let start = UnsafeMutableRawPointer(bitPattern: address) {
            return ChunkBuffer(.init(start: start, count: length), self)
        }
        return ChunkBuffer(.allocate(byteCount: length, alignment: 64), self)
    }

    fileprivate func give(_ bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count == length, let start = bytes.baseAddress else {
            return bytes.deallocate()
        }
        free.withLock { $0.append(UInt(bitPattern: start)) }
    }
}
