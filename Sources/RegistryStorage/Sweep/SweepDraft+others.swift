import RegistryModel

extension SweepDraft {
    mutating func decideUploads() {
        guard rules.scope.contains(.uploads) else { return }
        for upload in mark.uploads {
            guard mayLose(upload.repository) else {
                keep(.outsideScope)
                continue
            }
            guard upload.lastWrite <= now - rules.uploadAge else {
                keep(.uploadActive)
                continue
            }
            others.append(
                Removal(
                    kind: .upload,
                    repository: upload.repository,
                    upload: upload.name,
                    bytes: upload.bytes,
                    own: OwnFiles(listed: upload.files)
                )
            )
        }
    }

    mutating func decideLinks() {
        guard rules.scope.contains(.links) else { return }
        for link in mark.danglingLinks {
            if let reason = reasonToKeep(link) {
                keep(reason)
                continue
            }
            others.append(
                Removal(
                    kind: .link,
                    digest: link.digest,
                    repository: link.repository,
                    bytes: link.bytes,
                    own: OwnFiles(),
                    links: [link]
                )
            )
        }
    }

    private func reasonToKeep(_ link: LayerLink) -> KeepReason? {
        if let digest = PackedDigest(link.digest), held.contains(digest) { return .heldByKept }
        if heldRepositories.contains(link.repository) { return .unreadable }
        guard mayLose(link.repository) else { return .outsideScope }
        let named = rules.lastNamed(link.digest) ?? link.modified
        return isYoung(max(link.modified, named)) ? .youngerThanGrace : nil
    }

    /// The folders of repositories, where all would go.
    ///
    /// A tree without any looks as if they were on a volume that is not mounted.
    private var lastRepositories: Set<StoragePath> {
        let own = mark.emptyFolders.filter { folder in
            folder.repository.map { StoragePath.repository($0) == folder.path } ?? false
        }
        let emptied = Set(own.compactMap(\.repository)).intersection(mark.repositories.map(\.name))
        guard mark.totals.repositories == emptied.count else { return [] }
        return Set(own.map(\.path))
    }

    mutating func decideFolders() {
        guard rules.scope.contains(.emptyFolders) else { return }
        let lasting = lastRepositories
        for folder in mark.emptyFolders where !lasting.contains(folder.path) {
            guard folder.repository.map({ mayLose($0) }) ?? (rules.repositories == nil) else {
                keep(.outsideScope)
                continue
            }
            guard !isYoung(folder.modified) else {
                keep(.youngerThanGrace)
                continue
            }
            others.append(
                Removal(
                    kind: .folder,
                    repository: folder.repository,
                    bytes: 0,
                    own: OwnFiles(listed: [folder.path])
                )
            )
        }
    }
}
