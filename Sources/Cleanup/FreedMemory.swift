import CLinux

/// What was freed and is kept for later by the C library.
///
/// It keeps small blocks, a heap for each thread: after a long listing tens of megabytes, on a
/// machine that may have none to spare.
enum FreedMemory {
    /// Gives it back to the system, where so many things were held that some milliseconds do not
    /// matter.
    static func giveBack(after count: Int) {
        guard count >= worthIt else { return }
        _ = clinux_trim_memory()
    }

    private static let worthIt = 10_000
}
