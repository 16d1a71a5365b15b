import Foundation

/// Looks for registries among the processes of this machine.
struct RegistrySearch {
    struct Candidate {
        var pid: Int32
        var arguments: [String]
    }

    private enum Call {
        case called([String])
        case ended
        case hidden
    }

    /// Those that are called as a registry is.
    private(set) var candidates: [Candidate] = []
    /// Why not every process could be looked at; nil where all were.
    private(set) var doubt: String?

    /// Reads what each process was called with (Linux, `proc_pid_cmdline(5)`).
    init() {
        let folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            doubt = "/proc can't be read"
            return
        }
        defer { close(folder) }
        let failure = EntryReader().forEach(in: folder) { name, _ in
            guard let pid = Int32(name.text) else { return }
            look(at: pid, in: folder)
        }
        if failure != 0 { doubt = "the processes of this machine can't be listed" }
    }

    private mutating func look(at pid: Int32, in folder: Int32) {
        switch Self.firstArguments(of: pid, in: folder) {
        case .called(let arguments):
            guard Self.isRegistry(arguments) else { return }
            guard let words = RegistryPresence.contents("/proc/\(pid)/cmdline") else { return }
            let all = words.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            candidates.append(Candidate(pid: pid, arguments: all))
        case .ended: break
        case .hidden: doubt = "what process \(pid) is can't be read"
        }
    }

    /// By what distribution's binary is called, whatever is before and after that; or by how it is
    /// called.
    private static func isRegistry(_ arguments: [String]) -> Bool {
        guard let program = arguments.first?.split(separator: "/").last else { return false }
        if program.contains("registry") || program.contains("distribution") { return true }
        // A settings file beside the word; our own has another command line.
        return arguments.count == 3 && arguments[1] == "serve" && program != "lastpull"
            && (arguments[2].hasSuffix(".yml") || arguments[2].hasSuffix(".yaml"))
    }

    /// Up to three arguments; none of a thread of the kernel's.
    ///
    /// A machine has hundreds of processes, and some of them thousands of arguments.
    private static func firstArguments(
        of pid: Int32,
        in folder: Int32
    ) -> Call {
        let file = openat(folder, "\(pid)/cmdline", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT ? .ended : .hidden }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: longestCall, alignment: 1) { buffer in
            let count = read(file, buffer.baseAddress, buffer.count)
            guard count >= 0 else { return errno == ESRCH ? .ended : .hidden }
            let parts = buffer[..<count].split(separator: 0, maxSplits: 3).prefix(3)
            return .called(parts.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// Whether a process that was found has ended since: it is gone, or has no memory any more and
    /// only waits for its parent to ask how it ended.
    ///
    /// Nothing else of it can be read then, which is no secret that it keeps.
    static func hasEnded(_ pid: Int32) -> Bool {
        let file = open("/proc/\(pid)/cmdline", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno == ENOENT }
        defer { close(file) }
        var first: UInt8 = 0
        let count = read(file, &first, 1)
        return count == 0 || count < 0 && errno == ESRCH
    }

    /// The path of a program has at most 4,096 bytes (Linux, `PATH_MAX`), and so has that of its
    /// settings.
    private static let longestCall = 8_704
}
