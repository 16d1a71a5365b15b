import Foundation
import RegistryClients

/// Whether what goes from an engine can free the file system that a trigger measures.
package enum EngineReach: Sendable, Equatable {
    case reaches
    /// Nobody can tell, and why; the operator is believed.
    case unknown(String)
    /// It can't, and why: whatever were removed, the mark would stay crossed.
    case never(String)
}

extension EngineTarget {
    /// Compares the file system of a trigger's `volume` with that of the engine's data root.
    ///
    /// - Throws: `VolumeError` where `path` can't be looked at, `EngineError` where the engine does not
    ///   answer.
    package func reach(of path: String) async throws -> EngineReach {
        let measured = try CleanupTarget.device(of: path)
        guard client.address.isLocal else {
            return .unknown("it is not known whether \(name) runs on this machine")
        }
        let storage = try await client.storage()
        guard let root = storage.root, let places = Self.places(below: root) else {
            return .unknown(
                "the data root of \(name)\(storage.root.map { ", \($0)," } ?? "") can't be looked at "
                    + "from here"
            )
        }
        if places.contains(measured) { return .reaches }
        if storage.hasContainerd {
            return .unknown(
                "the images of \(name) are kept by containerd, which may have another root"
            )
        }
        return .never(
            "\(path) is on another file system than the data root of \(name), \(root): nothing that "
                + "goes there would free it; give a path on the data root's file system"
        )
    }

    /// The file systems of the data root, of which a folder may have one of its own; nil where it
    /// can't be looked at.
    private static func places(below root: String) -> Set<UInt64>? {
        guard let own = try? CleanupTarget.device(of: root),
            let folders = try? FileManager.default.contentsOfDirectory(atPath: root)
        else { return nil }
        return Set(folders.compactMap { try? CleanupTarget.device(of: "\(root)/\($0)") }).union([
            own
        ])
    }
}
