import AccessLedger
import RegistryModel
import RegistryStorage

/// Tells what of that which was taken has to come back, by a mark that was begun afterwards.
struct WantedAgain: Sendable {
    private let mark: Mark
    /// Links to what is not there.
    private let links: [Digest: [LayerLink]]

    init(_ mark: Mark) {
        self.mark = mark
        links = Dictionary(grouping: mark.danglingLinks, by: \.digest)
    }

    /// Marks with these manifests taken.
    static func mark(
        _ root: StorageRoot,
        _ references: LedgerReferences,
        taken: [RevisionKey],
        now: Timestamp
    ) throws -> WantedAgain {
        let marker = Marker(root: root, references: references)
        return WantedAgain(try marker.mark(Condemned(taken: Set(taken)), now: now))
    }

    /// Whether a manifest that stays needs it, or a push has begun since a time that counts on it.
    ///
    /// Such a push has linked it, in whatever repository: by a mount, for example, on the word of a
    /// cache. Its link is another one than was found before, whatever the registry's clock makes of
    /// its time. Tags and uploads are never wanted: who needs them writes them anew.
    func wants(_ taking: Taking, since time: Timestamp) -> Bool {
        if taking.kind == .blob, let links = taking.digest.flatMap({ links[$0] }),
            links.contains(where: { !taking.links.contains($0) })
        {
            return true
        }
        return wants(
            taking.kind,
            taking.digest,
            taking.repository,
            hasContent: taking.files.contains { $0.place == .blob },
            since: time
        )
    }

    /// The same by times alone: what links there were is not kept.
    func wants(_ item: StorageItem, _ files: [StoragePath], since time: Timestamp) -> Bool {
        wants(
            item.kind,
            item.digest,
            item.repository,
            hasContent: files.contains { $0.place == .blob },
            since: time
        )
    }

    private func wants(
        _ kind: StorageItem.Kind,
        _ digest: Digest?,
        _ repository: RepositoryName?,
        hasContent: Bool,
        since time: Timestamp
    ) -> Bool {
        guard let digest else { return false }
        switch kind {
        case .blob:
            return mark.isNeeded(digest)
                || links[digest, default: []].contains { $0.modified >= time - Self.clockNoise }
        case .manifest:
            guard let repository else { return false }
            let key = RevisionKey(repository: repository, digest: digest)
            return mark.wantedAgain.contains(key) || hasContent && mark.isNeeded(digest)
        case .upload, .tag: return false
        }
    }

    /// The links to something that is not there.
    func links(to digest: Digest) -> [LayerLink] { links[digest] ?? [] }

    /// File times are those of the kernel's last tick, not of this moment.
    private static let clockNoise = Span.seconds(1)
}

extension Taking {
    /// The manifest that it takes.
    var revision: RevisionKey? {
        guard kind == .manifest, let repository, let digest else { return nil }
        return RevisionKey(repository: repository, digest: digest)
    }
}

extension StorageItem {
    var revision: RevisionKey? {
        guard kind == .manifest, let repository, let digest else { return nil }
        return RevisionKey(repository: repository, digest: digest)
    }
}
