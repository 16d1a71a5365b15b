/// What is known of the content that digests name, by their numbers in a table.
struct Contents: Sendable {
    enum State: Sendable, Equatable {
        case unknown
        /// A manifest, or what certainly is none and refers to nothing.
        case known(PackedReferences.Content)
        /// There is no such content.
        case missing
        /// What it refers to can't be known.
        case unreadable
    }

    /// Of 16 bytes: there is one for each manifest.
    private struct Record {
        var state: State
        var hasForeignManifests = false
        var hasSubject = false
        /// Where its part of `numbers` begins: children, blobs, and the subject.
        var start: UInt32 = 0
        var childCount: UInt32 = 0
        var blobCount: UInt32 = 0

        var children: Range<Int> { Int(start)..<(Int(start) + Int(childCount)) }
        var blobs: Range<Int> {
            children.upperBound..<(children.upperBound + Int(blobCount))
        }
    }

    private var records: [Record] = []
    /// Places in `records`, counted from 1; 0 where nothing is known.
    private var places: [UInt32] = []
    /// Children, blobs and subjects of all manifests, one after the other.
    private var numbers: [UInt32] = []
    private(set) var texts: [UInt32: String] = [:]

    func state(_ number: UInt32) -> State { record(number)?.state ?? .unknown }

    func subject(_ number: UInt32) -> UInt32? {
        guard let record = record(number), record.hasSubject else { return nil }
        return numbers[record.blobs.upperBound]
    }

    func hasForeignManifests(_ number: UInt32) -> Bool {
        record(number)?.hasForeignManifests ?? false
    }

    func children(_ number: UInt32) -> ArraySlice<UInt32> {
        record(number).map { numbers[$0.children] } ?? []
    }

    func blobs(_ number: UInt32) -> ArraySlice<UInt32> {
        record(number).map { numbers[$0.blobs] } ?? []
    }

    mutating func set(_ number: UInt32, _ references: PackedReferences, _ table: inout DigestTable)
    {
        var record = Record(state: .known(references.content), start: UInt32(numbers.count))
        record.hasForeignManifests = references.hasForeignManifests
        record.hasSubject = references.subject != nil
        record.childCount = UInt32(references.children.count)
        record.blobCount = UInt32(references.blobs.count)
        for digest in references.children { numbers.append(table.add(digest)) }
        for digest in references.blobs { numbers.append(table.add(digest)) }
        if let subject = references.subject { numbers.append(table.add(subject)) }
        set(number, record)
    }

    mutating func setMissing(_ number: UInt32) { set(number, Record(state: .missing)) }

    mutating func setUnreadable(_ number: UInt32, _ text: String) {
        set(number, Record(state: .unreadable))
        texts[number] = text
    }

    /// What it was known to refer to; nil unless it could be read.
    func references(_ number: UInt32, _ table: DigestTable) -> PackedReferences? {
        guard let record = record(number), case .known(let content) = record.state else {
            return nil
        }
        var references = PackedReferences.none
        references.content = content
        references.hasForeignManifests = record.hasForeignManifests
        references.subject = subject(number).map { table[$0] }
        references.children = children(number).map { table[$0] }
        references.blobs = blobs(number).map { table[$0] }
        return references
    }

    private func record(_ number: UInt32) -> Record? {
        guard number < places.count, places[Int(number)] > 0 else { return nil }
        return records[Int(places[Int(number)]) - 1]
    }

    private mutating func set(_ number: UInt32, _ record: Record) {
        let missing = Int(number) + 1 - places.count
        if missing > 0 { places.append(contentsOf: repeatElement(0, count: missing)) }
        records.append(record)
        places[Int(number)] = UInt32(records.count)
    }
}
