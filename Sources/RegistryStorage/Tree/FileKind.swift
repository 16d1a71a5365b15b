import Foundation
import RegistryModel

/// What an entry of a folder is.
package enum FileKind: Sendable, Hashable {
    case file
    case folder
    case link
    /// A device, a socket, a pipe.
    case other

    init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
    }

    /// The type that a folder's entry has in itself; nil where the file system does not say.
    init?(entryType: UInt8) {
        switch Int(entryType) {
        case DT_REG: self = .file
        case DT_DIR: self = .folder
        case DT_LNK: self = .link
        case DT_UNKNOWN: return nil
        default: self = .other
        }
    }
}

extension Timestamp {
    /// When the file was last written to.
    init(modified status: stat) {
        self.init(
            milliseconds: Int64(status.st_mtim.tv_sec) * 1_000
                + Int64(status.st_mtim.tv_nsec) / 1_000_000
        )
    }
}
