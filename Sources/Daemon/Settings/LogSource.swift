package import EventDecoding
package import Listening
package import LogReading
package import RegistryModel

/// Where lastpull gets a registry's access log from by itself: one entry of `logs` (design,
/// section 6.2).
package enum LogSource: Sendable, Hashable {
    /// A file that somebody writes, followed as it grows and is rotated.
    case file(String, dialect: LogDialect)
    /// The blobs of a container whose names match, as they come and grow.
    case blobs(BlobPlace, names: Glob?, dialect: LogDialect)
    /// A socket that somebody sends lines to.
    case syslog(SyslogSocket)
}

extension LogSource {
    static let shape = SettingsShape(
        keys: [
            "follow", "format", "keys", "glob", "syslog", "networks", "certificateFile", "keyFile",
            "clientCaFile",
        ]
    )

    static func parse(
        _ entry: SettingsEntry,
        _ readFile: (String) throws -> String
    ) -> LogSource? {
        guard let section = entry.section(shape) else { return nil }
        if section.mentions("syslog") {
            return SyslogSocket.parse(section, readFile).map { .syslog($0) }
        }
        for key in ["networks", "certificateFile", "keyFile", "clientCaFile"] {
            section[key]?.refuse("goes with syslog; remove it")
        }
        guard section.mentions("follow") else {
            entry.refuse("wants follow or syslog; say where the log is, or where it is sent")
            return nil
        }
        guard let follow = section["follow"] else { return nil }
        let dialect = section.logDialect()
        guard let text = follow.text() else { return nil }
        guard text != "-" else {
            follow.refuse(
                "standard input can't be followed, as nobody could read it again after a restart; "
                    + "pipe it to `lastpull import -`, or name the file it comes from"
            )
            return nil
        }
        guard text.contains("://") else {
            section["glob"]?.refuse("goes with the address of a container; remove it")
            return follow.absolutePath().map { .file($0, dialect: dialect) }
        }
        do {
            let glob = section["glob"]?.text().map { Glob($0) }
            return .blobs(try BlobPlace(text), names: glob, dialect: dialect)
        } catch {
            follow.refuse(error.description)
            return nil
        }
    }

    /// Reads the list of a registry; one place twice would be counted twice.
    static func parse(
        list entry: SettingsEntry,
        _ readFile: (String) throws -> String
    ) -> [LogSource] {
        var lines: [LogSource: Int] = [:]
        return entry.items { item in
            guard let source = parse(item, readFile) else { return nil }
            guard let line = lines[source.place] else {
                lines[source.place] = item.place.line
                return source
            }
            item.refuse("is there already, in line \(line); keep one")
            return nil
        } ?? []
    }

    /// What is read, however.
    private var place: LogSource {
        switch self {
        case .file(let path, _): .file(path, dialect: LogDialect())
        case .blobs(let place, _, _): .blobs(place, names: nil, dialect: LogDialect())
        case .syslog(let socket): .syslog(socket.place)
        }
    }
}

extension SettingsSection {
    /// Reads `format`, and `keys`: those of JSON records by the names that a query has for them.
    func logDialect() -> LogDialect {
        let format = self["format"]?.choice(LogFormat.allCases.map(\.rawValue))
            .flatMap { LogFormat(rawValue: $0) }
        guard let entry = self["keys"] else { return LogDialect(format: format) }
        if let format, format != .json {
            entry.refuse("goes with format json, and not with \(format.rawValue); remove one")
        }
        guard let section = entry.section(SettingsShape(keys: LogKeys.nameable)) else {
            return LogDialect(format: format)
        }
        var own: [String: String] = [:]
        for name in LogKeys.nameable { own[name] = section[name]?.text() }
        return LogDialect(format: format, keys: LogKeys(own) ?? .known)
    }
}
