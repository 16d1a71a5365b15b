import Foundation

/// An open folder, closed when the last of its users is done with it.
struct FolderHandle: ~Copyable, Sendable {
    let descriptor: Int32

    init(taking descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
