import Foundation

/// Why something in the registry's storage could not be read or changed.
package struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case notThere
        case notAFolder
        /// Something else than a regular file, where one was expected.
        case notAFile
        case symbolicLink
        case noPermission
        case readOnly
        case full
        /// A mount point lies between two folders of one storage.
        case otherFileSystem
        /// More bytes than were asked for at most.
        case tooLarge
        /// The tree is not a registry's, or what it lacks casts doubt on the rest.
        case notARegistry
        /// It is there, and not as a registry leaves it.
        case doubtful(String)
        case other(Int32)
    }

    /// What was tried, such as `read`.
    package var operation: String
    /// The path, absolute.
    package var subject: String
    package var kind: Kind

    package init(operation: String, subject: String, kind: Kind) {
        self.operation = operation
        self.subject = subject
        self.kind = kind
    }

    package var description: String { "cannot \(operation) \(subject): \(advice)" }

    private var advice: String {
        switch kind {
        case .notThere: "there is no such file or folder"
        case .notAFolder: "it is not a folder"
        case .notAFile: "it is not a regular file"
        case .symbolicLink: "it leads over a symbolic link; lastpull follows none"
        case .noPermission: "permission denied; run as a user with the right to it"
        case .readOnly: "the file system is read-only; mount it for writing"
        case .full: "the file system is full; free some space on it"
        case .otherFileSystem:
            "it is on another file system than the root of the storage, and a sweep only renames; "
                + "mount the whole root as one, or stop the registry and sweep with --now"
        case .tooLarge: "it is larger than expected"
        case .notARegistry:
            "not a registry's storage; name the folder that holds docker/registry/v2 with "
                + "blobs and repositories"
        case .doubtful(let text): text
        case .other(let number): String(cString: strerror(number))
        }
    }
}

extension StorageError {
    /// Says what an `errno` means.
    init(_ number: Int32, _ operation: String, _ subject: String) {
        let kind: Kind =
            switch number {
            case ENOENT: .notThere
            case ENOTDIR: .notAFolder
            case ELOOP: .symbolicLink
            case EACCES, EPERM: .noPermission
            case EROFS: .readOnly
            case ENOSPC, EDQUOT: .full
            case EXDEV: .otherFileSystem
            default: .other(number)
            }
        self.init(operation: operation, subject: subject, kind: kind)
    }
}
