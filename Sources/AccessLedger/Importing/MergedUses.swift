import RegistryModel

/// The uses of several pieces of logs, each once, and how often and when each is new.
///
/// One image is used in many pieces, and written once for all that one transaction stores.
struct MergedUses {
    private(set) var uses: [ImportedChunk.Use] = []
    private(set) var tallies: [UseTally] = []
    private var places = UsePlaces()
    private var repositories = Numbers<RepositoryName>()
    private var digests = Numbers<Digest>()
    private var tags = Numbers<TagName>()
    /// When uses that name only a tag were, for it may have moved meanwhile; by their places.
    private var times: [(place: Int32, time: Int64)] = []
    private var isTimed: [Bool] = []
    private var timesByPlace: [Int32: [Int64]]?

    /// The places of a piece's uses, in their order.
    mutating func places(of chunk: ImportedChunk) -> [Int32] {
        repositories.begin()
        digests.begin()
        tags.begin()
        var places: [Int32] = []
        places.reserveCapacity(chunk.uses.count)
        for index in chunk.uses.indices { places.append(place(of: index, in: chunk)) }
        return places
    }

    /// Most uses came before, and of those only the numbers are looked at.
    private mutating func place(of index: Int, in chunk: ImportedChunk) -> Int32 {
        let own = chunk.uses[index].name
        let name = UseName(
            repository: repositories.number(own.repository) { chunk.uses[index].repository },
            digest: digests.number(own.digest) { chunk.uses[index].digest },
            tag: tags.number(own.tag) { chunk.uses[index].tag },
            hour: own.hour,
            class: own.class
        )
        let (place, isNew) = places.place(of: name)
        if isNew {
            var use = chunk.uses[index]
            use.name = name
            uses.append(use)
            tallies.append(UseTally())
            isTimed.append(use.digest == nil && use.class.isRead)
        } else if chunk.uses[index].isSecondGranular, !uses[place].isSecondGranular {
            uses[place].isSecondGranular = true
        }
        return Int32(place)
    }

    /// Counts a use that is new.
    mutating func note(_ place: Int32, at time: Int64) {
        tallies[Int(place)].note(time)
        if isTimed[Int(place)] { times.append((place, time)) }
    }

    /// When a use that names only a tag was.
    mutating func times(of place: Int) -> [Int64] {
        if let timesByPlace { return timesByPlace[Int32(place)] ?? [] }
        var sorted: [Int32: [Int64]] = [:]
        for (place, time) in times { sorted[place, default: []].append(time) }
        timesByPlace = sorted
        return sorted[Int32(place)] ?? []
    }

    /// Names by numbers that mean the same in all pieces.
    private struct Numbers<Name: Hashable> {
        private var numbers: [Name: Int32] = [:]
        /// By the numbers of the present piece; -1 for what has not come yet.
        private var known: [Int32] = []

        mutating func begin() { known.removeAll(keepingCapacity: true) }

        mutating func number(_ own: Int32, _ name: () -> Name?) -> Int32 {
            guard own >= 0 else { return -1 }
            let own = Int(own)
            if own >= known.count {
                known += repeatElement(-1, count: own + 1 - known.count)
            }
            if known[own] >= 0 { return known[own] }
            guard let name = name() else { return -1 }
            let next = Int32(numbers.count)
            let number = numbers[name] ?? next
            if number == next { numbers[name] = next }
            known[own] = number
            return number
        }
    }
}

/// How often one use is new, and when.
struct UseTally {
    var count = 0
    var first: Int64 = .max
    var last: Int64 = .min

    mutating func note(_ time: Int64) {
        count += 1
        first = min(first, time)
        last = max(last, time)
    }
}

extension AccessClass {
    /// Whether it asks for a manifest that is there.
    var isRead: Bool { self == .pull || self == .resolve }
}
