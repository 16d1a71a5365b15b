import RegistryModel
import Testing

@Suite struct PackedListTests {
    /// A value with a part of every kind.
    private struct Value: Packable, Equatable {
        var number: Int64
        var flag: Bool
        var text: String
        var shared: String
        var digest: Digest?
        var tag: TagName?

        init(number: Int64, text: String, shared: String, digest: Digest?, tag: TagName?) {
            self.number = number
            flag = number.isMultiple(of: 2)
            self.text = text
            self.shared = shared
            self.digest = digest
            self.tag = tag
        }

        func pack(into packer: inout Packer) {
            packer.add(number)
            packer.add(flag)
            packer.add(text)
            packer.add(shared: shared)
            packer.add(digest) { $0.add($1) }
            packer.add(tag) { $0.add($1.description) }
        }

        init(from unpacker: inout Unpacker) {
            number = unpacker.number()
            flag = unpacker.flag()
            text = unpacker.text()
            shared = unpacker.shared()
            digest = unpacker.optional { $0.digest() }
            tag = unpacker.optional { $0.tag() }
        }
    }

    private static let digests = [
        nil, Digest("sha256:" + String(repeating: "0f9a", count: 16)),
        Digest("sha512:" + String(repeating: "c3", count: 64)), Digest("md5+b64:A=_-"),
    ]

    private static func value(_ seed: Int) -> Value {
        let numbers: [Int64] = [0, 1, -1, 63, 64, -65, 127, 128, .max, .min]
        return Value(
            number: numbers[seed % numbers.count] &+ Int64(seed),
            text: String(repeating: "ä\u{0}x", count: seed % 97),
            shared: "team/\(seed % 7)",
            digest: digests[seed % digests.count],
            tag: seed.isMultiple(of: 3) ? nil : TagName("v\(seed)")
        )
    }

    @Test func givesBackWhatWasPutIn() {
        let values = (0..<5_000).map(Self.value)
        var list = PackedList<Value>()
        for value in values { list.append(value) }
        #expect(Array(list) == values)
        #expect(list.reversed().elementsEqual(values.reversed()))
        #expect(list == PackedList(values))
        list.append(Self.value(1))
        #expect(list != PackedList(values))
    }

    @Test func isDrainedInOrder() {
        let values = (0..<5_000).map(Self.value)
        var list = PackedList(values)
        let copy = list
        var drained: [Value] = []
        list.drain { drained.append($0) }
        #expect(drained == values && list.isEmpty && Array(copy) == values)
    }

    @Test func copiesAreIndependent() {
        let first: PackedList = [Self.value(1), Self.value(2)]
        var second = first
        second.append(Self.value(3))
        #expect(Array(first) == [Self.value(1), Self.value(2)])
        #expect(Array(second) == (1...3).map(Self.value))
    }

    @Test(arguments: [0, 1, 32 << 10, 65_535, 65_536, 300_000])
    func takesLongTexts(length: Int) {
        let long = Value(
            number: 1,
            text: String(repeating: "x", count: length),
            shared: "",
            digest: nil,
            tag: nil
        )
        let list: PackedList = [Self.value(1), long, Self.value(2), long]
        #expect(Array(list) == [Self.value(1), long, Self.value(2), long])
    }
}
