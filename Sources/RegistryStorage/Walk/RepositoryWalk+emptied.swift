import RegistryModel

extension RepositoryWalk {
    /// The folders of repositories that hold nothing any more, each after what it holds.
    func emptied(_ survey: Survey) throws(StorageError) -> [EmptyFolder] {
        var folders: [EmptyFolder] = []
        for (index, place) in places.enumerated() {
            guard let name = place.name, !survey.holdsMore[index], !survey.doubtful[index],
                survey.revisionRange(UInt32(index)).isEmpty,
                survey.tagRange(UInt32(index)).isEmpty,
                try holdsOnlyItsOwn(place.path)
            else { continue }
            for path in Self.layout.map({ place.path.below($0) }) + [place.path] {
                guard let facts = try root.facts(path), facts.kind == .folder else { continue }
                folders.append(
                    EmptyFolder(path: path, repository: name, modified: facts.modified)
                )
            }
        }
        return folders
    }

    /// Whether there is nothing beside the folders of every repository: no repository in it.
    private func holdsOnlyItsOwn(_ path: StoragePath) throws(StorageError) -> Bool {
        let own: Set<String> = ["_layers", "_manifests", "_uploads"]
        return try root.list(path)?.allSatisfy { own.contains($0.name) } ?? false
    }

    private static let layout = [
        "_layers/sha256", "_layers", "_manifests/revisions/sha256", "_manifests/revisions",
        "_manifests/tags", "_manifests", "_uploads",
    ]
}
