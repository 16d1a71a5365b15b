import Cleanup
import CurlTransport
import RegistryModel

extension EngineSettings {
    static let shape = SettingsShape(keys: [
        "name", "socket", "url", "caFile", "certificateFile", "keyFile", "prune", "filters",
    ])

    static func parse(
        _ name: String,
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> EngineSettings {
        let place = place(section)
        let identity = identity(section, readFile)
        let caFile = section["caFile"]?.certificateFile(readFile)
        if case .url(let url)? = place, url.hasPrefix("https:") {
        } else {
            for key in ["caFile", "certificateFile", "keyFile"] {
                section[key]?.refuse("is for https, and this engine has no such url; remove it")
            }
        }
        let parts = section["prune"]?.items { entry in
            entry.choice(EnginePart.allCases.map(\.rawValue)).flatMap(EnginePart.init)
        }
        return EngineSettings(
            name: name,
            place: place ?? .socket(""),
            caFile: caFile,
            identity: identity,
            prune: parts ?? [],
            filters: section["filters"].flatMap { filters($0, parts) } ?? EngineFilters()
        )
    }

    private static func place(_ section: SettingsSection) -> Place? {
        if let url = section["url"] {
            section["socket"]?.refuse("an engine is at one place; keep socket or url")
            return url.url().map { .url($0) }
        }
        if !section.mentions("socket"), !section.mentions("url") {
            section.entry.refuse("socket is missing; add it, or url: https://HOST:2376")
        }
        guard let path = section["socket"]?.absolutePath() else { return nil }
        guard path.utf8.count <= longestSocket else {
            section["socket"]?.refuse("is longer than \(longestSocket) bytes; make a link to it")
            return nil
        }
        return .socket(path)
    }

    private static func identity(
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> ClientIdentity? {
        if let certificate = section["certificateFile"], !section.mentions("keyFile") {
            certificate.refuse("has no key; add keyFile")
        }
        if let key = section["keyFile"], !section.mentions("certificateFile") {
            key.refuse("has no certificate; add certificateFile")
        }
        let certificate = section["certificateFile"]?.certificateFile(readFile)
        // Read for the complaint alone; libcurl reads it itself.
        guard let path = section["keyFile"]?.privateKeyFile(readFile), let certificate else {
            return nil
        }
        return ClientIdentity(certificate: certificate, key: path)
    }

    /// Reads the filters, each with one value or a list of them.
    private static func filters(_ entry: SettingsEntry, _ parts: [EnginePart]?) -> EngineFilters? {
        guard let section = entry.section(SettingsShape(keys: EngineFilters.names)) else {
            return nil
        }
        var filters = EngineFilters()
        for name in EngineFilters.names {
            guard let value = section[name] else { continue }
            let texts = value.itemCount == nil ? [value] : value.items { $0 } ?? []
            for text in texts {
                guard let written = text.text() else { continue }
                do throws(EngineFilterError) {
                    try filters.add(name, written, on: .ofMachine)
                } catch {
                    text.refuse("\(Excerpt.of(written)) \(error.reason)")
                }
            }
        }
        guard let parts else {
            entry.refuse("goes with prune; add what to prune, or remove the filters")
            return filters
        }
        for part in parts {
            guard let name = filters.foreign(to: part) else { continue }
            section[name]?.refuse(
                "\(part.rawValue) knows no filter \(name); leave \(part.rawValue) out of prune, "
                    + "or remove the filter"
            )
        }
        if let idle = filters.idle(among: parts) {
            let others = parts.map(\.rawValue).joined(separator: ", ")
            section[idle.filter]?.refuse(
                "\(others) know no filter \(idle.filter); add \(idle.part.rawValue) to prune, "
                    + "or remove the filter"
            )
        }
        return filters
    }

    /// Bytes that the system has room for (unix(7)).
    private static let longestSocket = 107
}
