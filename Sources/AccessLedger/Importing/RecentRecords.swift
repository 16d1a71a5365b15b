import RegistryModel

/// The newest records of a log, by which reading goes on after it was ended.
struct RecentRecords {
    private(set) var stamp: Int64 = .min
    private(set) var keys: [EventKey] = []
    private var count: Int

    init(_ position: LogPosition? = nil) {
        count = position?.accesses ?? 0
        guard let position, let last = position.lastLine else { return }
        stamp = last.milliseconds
        keys = position.recentKeys
    }

    mutating func note(_ key: EventKey, at time: Int64) {
        count += 1
        guard time >= stamp else { return }
        if time > stamp { keys.removeAll(keepingCapacity: true) }
        stamp = time
        if keys.count < Self.most { keys.append(key) }
    }

    func describe(_ position: inout LogPosition) {
        position.accesses = count
        position.recentKeys = keys
        position.lastLine = stamp == .min ? nil : Timestamp(milliseconds: stamp)
    }

    /// More equal records than these in one second, cut in two by a kill, may count once too little.
    private static let most = 4_096
}
