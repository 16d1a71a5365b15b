import Foundation
package import RegistryModel

/// Reads a registry's whole tree and finds what nothing needs (design, section 5.8).
package struct Marker: Sendable {
    let root: StorageRoot
    let references: any ReferenceStore
    let width: Int

    /// Reads with `width` threads, as many as there are cores unless said otherwise.
    package init(
        root: StorageRoot,
        references: any ReferenceStore,
        width: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.root = root
        self.references = references
        self.width = max(1, width)
    }

    /// Reads the tree as it is now, with `condemned` taken as gone.
    ///
    /// Blocks the thread it is called on, which must not be one of the cooperative pool. What
    /// vanishes or comes while it reads is no error.
    package func mark(
        _ condemned: Condemned = Condemned(),
        now: Timestamp
    ) throws(StorageError) -> Mark {
        fatalError("not built yet")
    }
}
