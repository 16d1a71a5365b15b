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

    /// Marks with these manifests and links taken.
    static func mark(
        _ root: StorageRoot,
        _ references: LedgerReferences,
        taken: [RevisionKey],
        links: [RevisionKey],
        now: Timestamp
    ) throws -> WantedAgain {
        let marker = Marker(root: root, references: references)
        let condemned = Condemned(taken: Set(taken), takenLinks: Set(links))
        return WantedAgain(try marker.mark(condemned, now: now))
    }

    /// Whether a manifest that stays needs it, or a push has begun since a time that counts on it.
    ///
    /// Such a push has linked it, in whatever repository: by a mount, for example, on the word of a
    /// cache. Its link is another one than was found before, whatever the registry's clock makes of
    /// its time. Tags and uploads are never wanted: who needs them writes them anew.
    func wants(_ taking: Taking, since time: Timestamp) -> Bool {
        if taking.kind == .blob, let digest = taking.digest {
            let found = links(to: digest, of: taking.isLinkOnly ? taking.repository : nil)
            if found.contains(where: { !taking.links.contains($0) }) { return true }
        }
        return wants(
            Wanted(
                kind: taking.kind,
                digest: taking.digest,
                repository: taking.repository,
                reason: taking.reason,
                hasContent: taking.files.contains { $0.place == .blob }
            ),
            since: time
        )
    }

    /// The same by times alone: what links there were is not kept.
    func wants(_ item: StorageItem, _ files: [StoragePath], since time: Timestamp) -> Bool {
        wants(
            Wanted(
                kind: item.kind,
                digest: item.digest,
                repository: item.repository,
                reason: Taking.Reason(rawValue: item.reason),
                hasContent: files.contains { $0.place == .blob }
            ),
            since: time
        )
    }

    private struct Wanted {
        var kind: StorageItem.Kind
        var digest: Digest?
        var repository: RepositoryName?
        var reason: Taking.Reason?
        var hasContent: Bool
    }

    private func wants(_ wanted: Wanted, since time: Timestamp) -> Bool {
        guard let digest = wanted.digest else { return false }
        let key = wanted.repository.map { RevisionKey(repository: $0, digest: digest) }
        switch wanted.kind {
        case .blob where wanted.reason == .sharedLayer:
            // Others have it anyhow, by links of their own.
            return key.map { mark.wantsLink($0) } ?? true
        case .blob:
            let own = wanted.reason == .danglingLink ? wanted.repository : nil
            return mark.isNeeded(digest)
                || links(to: digest, of: own).contains { $0.modified >= time - Self.clockNoise }
        case .manifest:
            guard let key else { return false }
            return mark.wantedAgain.contains(key) || wanted.hasContent && mark.isNeeded(digest)
        case .upload, .tag: return false
        }
    }

    /// Links to what is not there, of one repository or all.
    private func links(to digest: Digest, of repository: RepositoryName?) -> [LayerLink] {
        let found = links[digest] ?? []
        guard let repository else { return found }
        return found.filter { $0.repository == repository }
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

extension Taking {
    /// The repository and the digest of the link that it is alone.
    var takenLink: RevisionKey? {
        guard isLinkOnly, let repository, let digest else { return nil }
        return RevisionKey(repository: repository, digest: digest)
    }
}

extension StorageItem {
    var takenLink: RevisionKey? {
        guard isLinkOnly, let repository, let digest else { return nil }
        return RevisionKey(repository: repository, digest: digest)
    }

    var revision: RevisionKey? {
        guard kind == .manifest, let repository, let digest else { return nil }
        return RevisionKey(repository: repository, digest: digest)
    }
}
