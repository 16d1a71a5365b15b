import AccessLedger
import RegistryModel
import RegistryStorage

extension StorageItem {
    /// The folder of an upload or a tag, with everything in it.
    var folder: StoragePath? {
        guard let repository, let name else { return nil }
        switch kind {
        case .upload: return UploadName(name).map { StoragePath.uploadFolder(repository, $0) }
        case .tag: return TagName(name).map { StoragePath.tagFolder(repository, $0) }
        case .blob, .manifest: return nil
        }
    }

    /// The file by which one sees whether it is there.
    var mainFile: StoragePath? {
        switch kind {
        case .blob:
            guard let digest else { return nil }
            guard let repository, isLinkOnly else {
                return StoragePath.blobData(digest)
            }
            return StoragePath.layerLink(repository, digest)
        case .manifest:
            guard let repository, let digest else { return nil }
            return StoragePath.revisionLink(repository, digest)
        case .upload: return folder
        case .tag:
            guard let repository, let name = name.flatMap({ TagName($0) }) else { return nil }
            return StoragePath.tagCurrentLink(repository, name)
        }
    }
}

extension StorageItem {
    /// Whether a link to its blob goes with it: one may be an item of its own.
    func owns(link: StoragePath) -> Bool { !isLinkOnly || link.repository == repository }

    /// Whether it is a layer link alone.
    var isLinkOnly: Bool { Taking.Reason(rawValue: reason)?.isLinkOnly ?? false }

    /// A layer link to what others need.
    var isShared: Bool { reason == Taking.Reason.sharedLayer.rawValue }

    /// The link that it is alone, as it lies there now; nil where it is none, or is not there.
    func sharedLink(in root: StorageRoot) throws(StorageError) -> LayerLink? {
        guard isShared, let repository, let digest else { return nil }
        return try root.layerLink(repository, digest)
    }
}
