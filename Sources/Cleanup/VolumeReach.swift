import AccessLedger
import Foundation
import RegistryModel
package import RetentionPlanning

/// Whether what goes from a registry can free the file system that a trigger measures.
package enum VolumeReach: Sendable, Equatable {
    case reaches
    /// Not from this registry, but from another that the trigger is also for.
    case isOfOthers
    /// From none, and why: whatever were removed, the mark would stay crossed.
    case never(String)
}

extension Trigger {
    /// Compares the file system of the trigger's `volume` with that of `target`'s storage.
    ///
    /// A collector whose storage is not named is believed.
    package func reach(of target: CleanupTarget, among all: [CleanupTarget]) -> VolumeReach {
        guard case .volume(let path, _, _, _) = measure,
            let obstacle = target.obstacle(toFreeing: path)
        else { return .reaches }
        let isOfOthers =
            registry == nil
            && all.contains { other in
                other.givesBack && other.obstacle(toFreeing: path) == nil
            }
        return isOfOthers ? .isOfOthers : .never(obstacle)
    }
}

extension CleanupTarget {
    fileprivate func obstacle(toFreeing path: String) -> String? {
        guard let storage else { return nil }
        do {
            let measured = try Self.device(of: path)
            // Blobs may have a file system of their own below the root.
            let blobs = try? Self.device(of: "\(storage)/docker/registry/v2/blobs")
            let own = try blobs ?? Self.device(of: storage)
            guard measured != own else { return nil }
            return "\(path) is on another file system than the storage of \(row.name), \(storage): "
                + "nothing that goes there would free it; give a path on the storage's file system"
        } catch {
            return "\(error)"
        }
    }

    /// The number of the file system that holds `path` (stat(2), `st_dev`).
    static func device(of path: String) throws(VolumeError) -> UInt64 {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw VolumeError(path: path, reason: String(cString: strerror(errno)))
        }
        return UInt64(status.st_dev)
    }
}
