import Foundation
import Synchronization

/// Notices when the file that is open is no more the ledger that its path names, or was written over.
///
/// Each heartbeat puts the next number into the file's header (`application_id`, bytes 68 to 71 of
/// <https://www.sqlite.org/fileformat2.html#the_database_header>). Checkpoints carry it over, so there
/// it only grows; an older copy has a smaller one, and a backup none.
final class LedgerFile: Sendable {
    enum Displacement: Sendable, Equatable {
        /// Nothing, or nothing that can be looked at, lies at the path; why.
        case gone(String)
        /// Another file lies there.
        case replaced
        /// Something else than a checkpoint has written to it.
        case overwritten
    }

    private let path: String
    /// Stays open to the end of the process: to close any descriptor of a file ends all locks that the
    /// process has on it (fcntl(2)), and so those of SQLite.
    private let descriptor: CInt
    private let state: Mutex<State>

    private struct State {
        var number: UInt32
        var isOverwritten = false
        /// Whether it was let go of since it was displaced.
        var isLetGo = false
    }

    /// Takes the file that is there now for the right one; nil where it can't be opened.
    init?(path: String) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        state = Mutex(State(number: Self.number(descriptor) ?? 0))
    }

    /// What became of the file; nil where all is well.
    ///
    /// What was moved away may come back, what was written over does not.
    var displacement: Displacement? {
        var there = stat()
        guard stat(path, &there) == 0 else {
            return .gone(String(cString: strerror(errno)).lowercased())
        }
        var own = stat()
        guard fstat(descriptor, &own) == 0, own.st_ino == there.st_ino, own.st_dev == there.st_dev
        else { return .replaced }
        return state.withLock { state in
            if !state.isOverwritten, let number = Self.number(descriptor), number >= state.number {
                state.number = number
            } else {
                state.isOverwritten = true
            }
            if !state.isOverwritten { state.isLetGo = false }
            return state.isOverwritten ? .overwritten : nil
        }
    }

    /// What became of the file, the first time that this is asked; nil where all is well.
    func letGo() -> Displacement? {
        guard let displacement else { return nil }
        return state.withLock { state in
            defer { state.isLetGo = true }
            return state.isLetGo ? nil : displacement
        }
    }

    /// The number in the header; nil where the file is too short to have one.
    private static func number(_ descriptor: CInt) -> UInt32? {
        var bytes: [UInt8] = [0, 0, 0, 0]
        guard pread(descriptor, &bytes, bytes.count, 68) == bytes.count else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension LedgerFile.Displacement {
    /// What is wrong, and what helps.
    var advice: String {
        switch self {
        case .gone(let reason):
            "its file is not there any more (\(reason)); put it back, or start `lastpull serve` anew"
        case .replaced:
            "another file was put in its place; start `lastpull serve` anew to work with that"
        case .overwritten:
            "it was written over by something else; start `lastpull serve` anew to work with what is "
                + "there, and stop it before a ledger is restored"
        }
    }
}
