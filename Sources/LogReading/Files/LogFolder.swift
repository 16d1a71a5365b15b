import Dispatch
import Foundation
package import RegistryModel

/// The logs that somebody names: files, and folders with all that is in them.
package enum LogFolder {
    /// The files at `path`: itself, or where it is a folder, all regular files in it and below whose
    /// names match `glob`; a glob with a slash is held against the path below the folder.
    ///
    /// Links are followed to files, and not to folders. In the order of their names.
    package static func files(at path: String, matching glob: Glob?) throws -> [String] {
        guard isFolder(path) else { return [path] }
        guard let entries = FileManager.default.enumerator(atPath: path) else {
            throw LogReadingError(kind: .notPermitted, place: path, reason: "can't be listed")
        }
        let isPath = glob?.description.contains("/") ?? false
        var found: [String] = []
        while let name = entries.nextObject() as? String {
            let subject = isPath ? name : (name as NSString).lastPathComponent
            guard glob?.matches(subject) ?? true else { continue }
            let file = "\(path)/\(name)"
            if isRegular(file) { found.append(file) }
        }
        return found.sorted()
    }

    private static func isFolder(_ path: String) -> Bool { fileType(of: path) == S_IFDIR }

    private static func isRegular(_ path: String) -> Bool { fileType(of: path) == S_IFREG }

    private static func fileType(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
