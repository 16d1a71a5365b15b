import Foundation

/// Space set aside beside the ledger, given up when the disk is full, so that a cleanup can still be
/// written down (design, section 5.11).
struct DiskReserve: Sendable {
    let path: String

    init(ledger: String) { path = ledger + ".reserve" }

    /// Sets the space aside where there is plenty; without it everything works but the last resort.
    func take() {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int64
        guard size != Self.bytes, isPlenty else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        if posix_fallocate(descriptor, 0, off_t(Self.bytes)) != 0 { unlink(path) }
        close(descriptor)
    }

    /// Gives the space back; true when there was some.
    func giveUp() -> Bool { unlink(path) == 0 }

    private var isPlenty: Bool {
        var status = statvfs()
        guard statvfs((path as NSString).deletingLastPathComponent, &status) == 0 else {
            return false
        }
        return Int64(status.f_bavail) * Int64(status.f_frsize) > Self.plenty
    }

    /// Room for the journal of a large cleanup.
    private static let bytes: Int64 = 64_000_000
    /// Below this the reserve would itself be what fills the disk.
    private static let plenty: Int64 = 1_000_000_000
}
