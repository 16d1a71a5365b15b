/// The addresses and folders of the registries so far; each is of one registry only.
///
/// What is heard counts for the name it was sent to: under a second name the same images would look
/// as if nobody used them.
struct RegistryPlaces {
    private struct Owner {
        var name: String
        var line: Int
    }

    private var urls: [String: Owner] = [:]
    private var folders: [String: Owner] = [:]

    /// Refuses an address or a folder that an earlier registry has.
    ///
    /// Docker Hub has one address for everybody, and tells of pulls itself.
    mutating func take(_ registry: RegistrySettings, _ section: SettingsSection) {
        if registry.kind != .dockerhub, let entry = section["url"],
            let url = entry.plainText.flatMap({ try? RegistryURL($0) })
        {
            Self.take(entry, url.place, registry.name, "url", &urls)
        }
        if let entry = section["storage"], let path = entry.plainText, path.hasPrefix("/") {
            Self.take(entry, Self.folder(path), registry.name, "storage", &folders)
        }
    }

    private static func take(
        _ entry: SettingsEntry,
        _ place: String,
        _ name: String,
        _ key: String,
        _ owners: inout [String: Owner]
    ) {
        guard let owner = owners[place] else {
            owners[place] = Owner(name: name, line: entry.place.line)
            return
        }
        entry.refuse(
            "is the \(key) of \(Excerpt.of(owner.name)) in line \(owner.line) already; make one "
                + "registry of both, since what is heard under one name keeps nothing under the other"
        )
    }

    /// One for all spellings of a path; links are not followed.
    private static func folder(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
