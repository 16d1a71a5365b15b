/// The folders of the registries so far; each is of one registry only.
///
/// What is heard counts for the name it was sent to: under a second name the same images would look
/// as if nobody used them.
struct RegistryPlaces {
    private struct Owner {
        var name: String
        var line: Int
    }

    private var folders: [String: Owner] = [:]

    /// Refuses a folder that an earlier registry has.
    mutating func take(_ registry: RegistrySettings, _ section: SettingsSection) {
        guard let entry = section["storage"], let path = entry.plainText, path.hasPrefix("/")
        else { return }
        let folder = Self.folder(path)
        guard let owner = folders[folder] else {
            folders[folder] = Owner(name: registry.name, line: entry.place.line)
            return
        }
        entry.refuse(
            "is the storage of \(Excerpt.of(owner.name)) in line \(owner.line) already; make one "
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
