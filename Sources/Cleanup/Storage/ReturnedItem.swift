import AccessLedger
import RegistryModel
import RegistryStorage

/// What became of an item that was to come back from quarantine.
struct ReturnedItem: Sendable {
    enum Outcome: Sendable, Equatable {
        case back
        /// What was in its place was damaged, and is replaced.
        case mended
        /// It is still in quarantine, for what is in its place.
        case stays(Quarantine.Obstacle)
        /// It is neither in quarantine nor in its place.
        case lost
    }

    var item: StorageItem
    var outcome: Outcome

    /// Whether it is where it was.
    var isBack: Bool { outcome == .back || outcome == .mended }

    /// Why it is still in quarantine; nil where it is not.
    var obstacle: Quarantine.Obstacle? {
        guard case .stays(let obstacle) = outcome else { return nil }
        return obstacle
    }

    init(_ item: StorageItem, _ result: Quarantine.Return) {
        self.item = item
        outcome =
            switch result {
            case .back, .missing: .back
            case .mended: .mended
            case .stays(let obstacle): .stays(obstacle)
            }
    }
}

extension StorageItem {
    /// Whether what it was is there; what nobody would miss counts as there.
    func isInPlace(in root: StorageRoot) throws(StorageError) -> Bool {
        switch kind {
        case .upload: return true
        case .blob where isLinkOnly && !isShared: return true
        case .manifest:
            guard let digest, try root.facts(.blobData(digest)) != nil else { return false }
        case .blob, .tag: break
        }
        guard let mainFile else { return false }
        return try root.facts(mainFile) != nil
    }
}
