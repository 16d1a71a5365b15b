/// The shapes of the last records, the one that fitted last first.
///
/// A copy must not be used beside the original, for both have the same memory.
struct RecordShapes {
    private let memory: Memory
    /// Records that no shape fitted since one did.
    private var misses = 0

    /// Memory for so many shapes; a class only to give them back.
    private final class Memory {
        let shapes: UnsafeMutablePointer<RecordShape>
        /// How many there can be, and are.
        let most: Int
        var count = 0

        init(_ most: Int) {
            self.most = most
            shapes = .allocate(capacity: most)
        }

        deinit {
            for index in 0..<count { shapes[index].free() }
            shapes.deallocate()
        }

        /// Adds a shape, in the place of the last one where there is no other.
        func add(_ shape: RecordShape) {
            if count == most {
                shapes[most - 1].free()
                shapes[most - 1] = shape
            } else {
                (shapes + count).initialize(to: shape)
                count += 1
            }
        }
    }

    /// A log has requests with and without some field, and a few other records.
    init(most: Int = 4) { memory = Memory(most) }

    /// Reads the record at `start` when it has a known shape, and returns its end.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int,
        into fields: inout LogFields
    ) -> Int? {
        let shapes = memory.shapes
        for index in 0..<memory.count {
            fields.removeAll()
            if let end = shapes[index].read(bytes, at: start, into: &fields) {
                if index > 0 { swap(&shapes[0], &shapes[index]) }
                misses = 0
                return end
            }
        }
        return nil
    }

    /// Remembers the shape of a record that was read in full.
    mutating func learn(_ bytes: UnsafeRawBufferPointer, _ leaves: [LogLeaf]) {
        misses += 1
        // Records that are all different would only be copied in vain.
        guard memory.most > 0, misses <= Self.mostMisses || misses % Self.mostMisses == 0,
            let shape = RecordShape(bytes, leaves)
        else { return }
        memory.add(shape)
    }

    private static let mostMisses = 16
}
