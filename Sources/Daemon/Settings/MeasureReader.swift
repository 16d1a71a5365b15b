import RegistryModel
import RetentionPlanning

/// Reads what a trigger measures, with its marks.
struct MeasureReader {
    let section: SettingsSection
    let context: SettingsContext

    /// A trigger has exactly one of these.
    static let measures = [
        "volume", "registryBytes", "repositoryBytes", "tags", "untagged", "untaggedBytes",
        "pushes", "engineBytes", "every",
    ]
    static let measuresOfEngines = ["volume", "engineBytes", "every"]
    static let marks = ["above", "until", "critical"]

    func measure() -> Trigger.Measure? {
        let present = Self.measures.compactMap { key in section[key].map { (key, $0) } }
            .sorted { $0.1.place < $1.1.place }
        guard let (key, entry) = present.first else {
            if !Self.measures.contains(where: section.mentions) {
                let all = Self.measures.joined(separator: ", ")
                section.entry.refuse("says nothing to measure; add one of \(all)")
            }
            return nil
        }
        guard present.count == 1 else {
            for (_, other) in present.dropFirst() {
                other.refuse("a trigger measures one thing, here \(key); make two triggers of it")
            }
            return nil
        }
        refuseForeignMarks(key)
        let isOfEngine = section.mentions("engine")
        if isOfEngine, !Self.measuresOfEngines.contains(key) {
            entry.refuse(
                "does not go with engine, which is measured by "
                    + Self.measuresOfEngines.joined(separator: ", ")
            )
        } else if !isOfEngine, key == "engineBytes" {
            entry.refuse("wants an engine; add its name as engine")
        }
        return measure(key, entry)
    }

    private func measure(_ key: String, _ entry: SettingsEntry) -> Trigger.Measure? {
        switch key {
        case "volume": volume(entry)
        case "registryBytes": sizes(entry).map { .registryBytes(above: $0, until: $1) }
        case "repositoryBytes": sizes(entry).map { .repositoryBytes(above: $0, until: $1) }
        case "untaggedBytes": sizes(entry).map { .untaggedBytes(above: $0, until: $1) }
        case "engineBytes": sizes(entry).map { .engineBytes(above: $0, until: $1) }
        case "tags": counts(entry).map { .tags(above: $0, until: $1) }
        case "untagged": counts(entry).map { .untagged(above: $0, until: $1) }
        case "pushes": entry.count(atLeast: 1).map { .pushes($0) }
        default: entry.span().map { .every($0) }
        }
    }

    /// Refuses marks that the measure has no use for, and that would do nothing.
    private func refuseForeignMarks(_ key: String) {
        let own =
            switch key {
            case "volume": Self.marks
            case "pushes", "every": [String]()
            default: ["until"]
            }
        for mark in Self.marks where !own.contains(mark) {
            section[mark]?.refuse(
                mark == "above" && own == ["until"]
                    ? "goes only with volume; write the high mark behind \(key) itself"
                    : "does not go with \(key); remove it"
            )
        }
    }

    private func sizes(_ entry: SettingsEntry) -> (ByteCount, ByteCount)? {
        let above = entry.size()
        return lowMark(under: above, entry) { $0.size(allowsZero: true) }
    }

    private func counts(_ entry: SettingsEntry) -> (Int, Int)? {
        let above = entry.count(atLeast: 1)
        return lowMark(under: above, entry) { $0.count(atLeast: 0) }
    }

    /// Reads `until`, which is the high mark where it is left out.
    private func lowMark<Mark: Comparable>(
        under above: Mark?,
        _ entry: SettingsEntry,
        _ read: (SettingsEntry) -> Mark?
    ) -> (Mark, Mark)? {
        let until = section["until"].map { (entry: $0, mark: read($0)) }
        guard let above else { return nil }
        guard let until else { return (above, above) }
        guard let mark = until.mark else { return nil }
        if mark > above { until.entry.refuseOrder("is above", entry, "at most") }
        return (above, mark)
    }
}

extension MeasureReader {
    private func volume(_ entry: SettingsEntry) -> Trigger.Measure? {
        let path = entry.absolutePath()
        if !section.mentions("engine") { refuseWithoutStorage(entry) }
        let above = section.required("above")
        let high = above.flatMap { $0.volumeMark() }
        let until = section["until"].flatMap { $0.volumeMark(allowsZero: true) }
        let critical = section["critical"].flatMap { $0.volumeMark() }
        guard let path, let above, let high else { return nil }
        if let until, isOutOfOrder(until, high, section["until"], above), let low = section["until"]
        {
            low.refuseOrder("is above", above, "at most")
        }
        if let critical, isOutOfOrder(high, critical, section["critical"], above),
            let top = section["critical"]
        {
            top.refuseOrder("is below", above, "at least")
        }
        return .volume(path: path, above: high, until: until ?? high, critical: critical)
    }

    /// Whether `lower` is above `upper`; marks of two kinds are refused here.
    private func isOutOfOrder(
        _ lower: Trigger.VolumeMark,
        _ upper: Trigger.VolumeMark,
        _ mark: SettingsEntry?,
        _ above: SettingsEntry
    ) -> Bool {
        switch (lower, upper) {
        case (.percent(let low), .percent(let high)): return low > high
        case (.bytes(let low), .bytes(let high)): return low > high
        default:
            mark?.refuse(
                "can't be compared with above (\(Excerpt.of(above.plainText ?? ""))); "
                    + "write both as a share, or both as a size"
            )
            return false
        }
    }

    /// Refuses a measure of the disk where nothing could ever free any of it.
    private func refuseWithoutStorage(_ entry: SettingsEntry) {
        let named = section["registry"]?.plainText
        if let named, context.registries[named] == false {
            entry.refuse(
                "volume needs a way to give bytes back; give registry \(Excerpt.of(named)) "
                    + "its storage, or use registryBytes"
            )
        } else if named == nil, context.knowsAllRegistries,
            !context.registries.values.contains(true)
        {
            entry.refuse(
                "volume needs a way to give bytes back; give a registry its storage, "
                    + "or use registryBytes"
            )
        }
    }
}

extension SettingsEntry {
    /// Reports a mark on the wrong side of the high one.
    fileprivate func refuseOrder(_ relation: String, _ high: SettingsEntry, _ bound: String) {
        let mine = Excerpt.of(plainText ?? "")
        let theirs = Excerpt.of(high.plainText ?? "")
        refuse("\(mine) \(relation) the high mark (\(theirs)); write \(bound) \(theirs)")
    }
}
