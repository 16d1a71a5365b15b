/// A value that can be written as a few bytes, for lists of very many.
///
/// Every stored property is written, and read back in the order in which it was written: nothing
/// else tells one from the other.
package protocol Packable {
    /// Adds each stored property.
    func pack(into packer: inout Packer)
    /// Reads what `pack` added, in that order.
    init(from unpacker: inout Unpacker)
}

/// A list of very many values that are looked at one after the other.
///
/// Each is kept as some hundred bytes of a shared block, rather than as a value with a string
/// object for each of its texts, and made anew whenever it is asked for. A plan can have a hundred
/// thousand removals. Up to 2 GiB; more is a fault of the program.
package struct PackedList<Element: Packable> {
    /// Whole values each; the last one grows.
    private var blocks: [[UInt8]] = []
    /// Where each value begins: its block in the upper half, its offset there in the lower.
    private var starts: [UInt32] = []
    private var names = PackedNames()

    package init() {}

    package init(_ elements: some Sequence<Element>) {
        for element in elements { append(element) }
    }

    package mutating func append(_ element: Element) {
        if blocks.isEmpty || blocks[blocks.count - 1].count > Self.fullBlock { blocks.append([]) }
        let block = blocks.count - 1
        // Taken out and put back, so that neither the block nor the names are copied.
        var packer = Packer(bytes: [], names: PackedNames())
        swap(&packer.bytes, &blocks[block])
        swap(&packer.names, &names)
        starts.append(UInt32(UInt16(block)) << 16 | UInt32(packer.bytes.count))
        element.pack(into: &packer)
        swap(&packer.bytes, &blocks[block])
        swap(&packer.names, &names)
    }

    /// Hands over each element, in order, and lets go of it: what is made of them takes its place.
    package mutating func drain(_ body: (Element) -> Void) {
        var last = 0
        for index in starts.indices {
            let block = Int(starts[index] >> 16)
            if block != last { blocks[last] = [] }
            last = block
            body(self[index])
        }
        self = []
    }

    /// So that an offset in a block fits into 16 bits, whatever the length of its last value; with
    /// room for that in an allocation of 32 KiB.
    private static var fullBlock: Int { 31 << 10 }
}

extension PackedList: RandomAccessCollection {
    /// One of its own, which the compiler sees through: that of all collections asks for each element
    /// by way of their protocol.
    package struct Iterator: IteratorProtocol {
        private let list: PackedList
        private var position = 0

        fileprivate init(_ list: PackedList) { self.list = list }

        package mutating func next() -> Element? {
            guard position < list.starts.count else { return nil }
            defer { position += 1 }
            return list[position]
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { starts.count }

    package subscript(position: Int) -> Element {
        let start = starts[position]
        var unpacker = Unpacker(
            bytes: blocks[Int(start >> 16)],
            offset: Int(start & 0xffff),
            names: names.texts
        )
        return Element(from: &unpacker)
    }
}

extension PackedList: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension PackedList: Sendable where Element: Sendable {}

extension PackedList: Equatable where Element: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }
}
