import RegistryModel

/// The uses of several pieces of logs, each once, and how often and when each is new.
///
/// One image is used in many pieces, and written once for all that one transaction stores. Names are
/// by their numbers in ``ImportNames``.
struct MergedUses {
    private(set) var uses: [ImportedChunk.Use] = []
    private(set) var tallies: [UseTally] = []
    private var places = UsePlaces()
    /// When uses that name only a tag were, for it may have moved meanwhile; by their places.
    private var times: [(place: Int32, time: Int64)] = []
    private var isTimed: [Bool] = []
    private var timesByPlace: [Int32: [Int64]]?

    /// The places of a piece's uses, in their order.
    mutating func places(
        of chunk: ImportedChunk,
        _ translation: ImportNames.Translation
    ) -> [Int32] {
        chunk.uses.map { place(of: $0, translation) }
    }

    private mutating func place(
        of own: ImportedChunk.Use,
        _ translation: ImportNames.Translation
    ) -> Int32 {
        var use = own
        use.name.repository = translation.repositories[Int(own.name.repository)]
        if own.name.digest >= 0 { use.name.digest = translation.digests[Int(own.name.digest)] }
        if own.name.tag >= 0 { use.name.tag = translation.tags[Int(own.name.tag)] }
        if own.mediaType >= 0 { use.mediaType = translation.mediaTypes[Int(own.mediaType)] }
        let (place, isNew) = places.place(of: use.name)
        if isNew {
            uses.append(use)
            tallies.append(UseTally())
            isTimed.append(use.name.digest < 0 && use.name.class.isRead)
        } else if use.isSecondGranular, !uses[place].isSecondGranular {
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
