package import EventDecoding
import Foundation
package import RegistryModel

/// Reads a file as it grows, through renaming, truncation, deletion and another file in its place.
///
/// It looks whenever it is asked to: a look costs a few system calls, and works on every file system
/// and through links, which notices of the kernel (inotify) do not. Between two looks nothing is lost
/// but what was truncated or deleted meanwhile, which it says. Not for use by two at once; its calls
/// wait for the file system.
package final class FileFollower {
    /// Something that was read, and what holds once it is recorded.
    package struct Reading: Sendable {
        package var body: DecodedBody
        /// The file's state with it.
        package var state: FollowedFile
        /// Something that can't be read any more, in words.
        package var loss: String?
    }

    package let path: String
    private let dialect: LogDialect
    private let generations: LogGenerations
    /// Files that were in the place before, the oldest first, then the one that is there.
    private var files: [FollowedOpenFile] = []
    /// What was read before the start, the newest first; nil once it was looked for.
    private var earlier: [FollowedFile]?
    /// How far files were read that are not open any more, for their newest lines.
    private var past: [LogGrowth] = []
    /// How often nothing was in the place while something is still open.
    private var missingLooks = 0

    /// `known` is what was read there before, the newest first.
    package init(path: String, dialect: LogDialect = LogDialect(), known: [FollowedFile]) {
        self.path = path
        self.dialect = dialect
        generations = LogGenerations(path: path, dialect: dialect)
        earlier = known.filter { $0.growth.offset > 0 }
    }

    /// How far the file is read that is in the place now; nil where there is none.
    package var current: FollowedFile? { files.last?.state }

    /// Reads the next piece, and gives it to `record`; false when there is nothing more at present.
    ///
    /// What `record` throws is thrown, and the piece is read again at the next call. A file that is
    /// not in its place for `idleLooks` looks is an error, after what is open was read to its end.
    package func look(
        horizon: Timestamp,
        _ record: (Reading) throws -> Void
    ) throws -> Bool {
        try open(record)
        for (place, open) in files.enumerated() {
            do {
                if try read(open, horizon: horizon, record) { return true }
            } catch {
                try giveUp(open, because: error, record)
                return true
            }
            if place < files.count - 1 { open.idleLooks += 1 }
        }
        try retire(horizon: horizon, record)
        guard missingLooks < Self.idleLooks else {
            throw LogReadingError(errno: ENOENT, place: path)
        }
        return false
    }

    // MARK: Which files

    /// Looks at what is in the place now, and opens it where it is another file.
    private func open(_ record: (Reading) throws -> Void) throws {
        guard let identity = LogFile.identity(of: path) else {
            // A writer that renames it makes another one soon; what is open is read meanwhile.
            guard !files.isEmpty else { throw LogReadingError(errno: ENOENT, place: path) }
            missingLooks += 1
            return
        }
        missingLooks = 0
        if let earlier {
            try start(after: earlier, record)
            past = earlier.map(\.growth)
            self.earlier = nil
        }
        guard let current = files.last else {
            let file = try regularFile()
            files.append(FollowedOpenFile(file, FollowedFile(file)))
            return
        }
        if current.file.inode == identity.inode, current.file.device == identity.device {
            try checkContent(current, record)
        } else {
            let file = try regularFile()
            files.append(FollowedOpenFile(file, FollowedFile(file, after: current.state)))
        }
    }

    private func regularFile() throws -> LogFile {
        let file = try LogFile(path)
        guard file.isRegular else {
            throw LogReadingError(kind: .other, place: path, reason: "is no file; name a log file")
        }
        return file
    }

    /// Sees whether the file still has before `offset` what was read there; else it was truncated.
    private func checkContent(
        _ open: FollowedOpenFile,
        _ record: (Reading) throws -> Void
    ) throws {
        let growth = open.state.growth
        // A file that was truncated may by chance be just as long again.
        let change = open.file.changeStamp
        guard growth.offset > 0,
            open.file.size != growth.offset || change != open.checkedChange
        else { return }
        guard try !open.file.matches(growth.mark, offset: growth.offset) else {
            open.checkedChange = change
            return
        }
        let next = FollowedFile(open.file, after: open.state)
        // Whoever truncates a log copies it before, mostly.
        if let rest = rest(of: open.state) {
            remember(open.state.growth)
            open.state = next
            files.insert(rest, at: files.count - 1)
            return
        }
        let loss = "\(path) was truncated, and what it held may not have been read to its end"
        try record(Reading(body: DecodedBody(), state: next, loss: loss))
        open.state = next
    }

    /// After a start: the rest of what was read before, and what came after it, wherever it is now.
    private func start(
        after earlier: [FollowedFile],
        _ record: (Reading) throws -> Void
    ) throws {
        guard let newest = earlier.first else { return }
        let current = try regularFile()
        var found: [FollowedOpenFile] = []
        var here: FollowedOpenFile?
        for state in earlier.prefix(Self.mostEarlier) {
            if here == nil, let open = try FollowedOpenFile(rest: state, in: current) {
                here = open
            } else if let rest = rest(of: state) {
                found.insert(rest, at: 0)
            }
        }
        let next = FollowedFile(current, after: newest)
        if here == nil {
            if found.last?.state.id != newest.id {
                let loss = "\(path) was replaced while nobody read it, and what it held is gone"
                try record(Reading(body: DecodedBody(), state: next, loss: loss))
            }
            found += try rotated(after: newest, besides: found, record)
        }
        let last = here ?? FollowedOpenFile(current, next)
        last.state.device = current.device
        last.state.inode = current.inode
        files = found + [last]
    }

    /// What was rotated while nobody read; of what can't be read it is said that it is lost.
    private func rotated(
        after newest: FollowedFile,
        besides found: [FollowedOpenFile],
        _ record: (Reading) throws -> Void
    ) throws -> [FollowedOpenFile] {
        var rotated = generations.rotated(after: newest, besides: found.map(\.file.inode))
        var opened: [FollowedOpenFile] = []
        for file in rotated.files {
            let state = FollowedFile(file, after: newest)
            do {
                opened.append(try FollowedOpenFile(whole: file, state))
            } catch {
                rotated.unread.append(LogGenerations.words(error, file.path))
            }
        }
        for reason in rotated.unread {
            let loss = "\(reason); it was rotated while nobody read \(path)"
            try record(Reading(body: DecodedBody(), state: newest, loss: loss))
        }
        return opened
    }

    /// The rest of what was read, in a file beside; a copy may be compressed already.
    private func rest(of state: FollowedFile) -> FollowedOpenFile? {
        for file in generations.siblings() {
            if let open = try? FollowedOpenFile(rest: state, in: file) { return open }
        }
        return nil
    }

    /// Lets go of a copy that is damaged, as a compressed one may be: the others must not wait for it.
    private func giveUp(
        _ open: FollowedOpenFile,
        because error: any Error,
        _ record: (Reading) throws -> Void
    ) throws {
        // What could not be recorded is read again.
        guard open.isCopy, error is LogReadingError else { throw error }
        let loss = LogGenerations.words(error, open.file.path)
        try record(Reading(body: DecodedBody(), state: open.state, loss: loss))
        remember(open.state.growth)
        files.removeAll { $0 === open }
    }

    /// Lets go of files that others replaced, when nobody has written to them for a while.
    private func retire(
        horizon: Timestamp,
        _ record: (Reading) throws -> Void
    ) throws {
        while files.count > 1, let oldest = files.first {
            guard oldest.isCopy || oldest.idleLooks >= Self.idleLooks else { return }
            // A line that its writer never ended.
            _ = try read(oldest, isEnd: true, horizon: horizon, record)
            remember(oldest.state.growth)
            files.removeFirst()
        }
    }

    private func remember(_ growth: LogGrowth) {
        past = (past + [growth]).suffix(Self.mostEarlier)
    }

    // MARK: Reading

    private func read(
        _ open: FollowedOpenFile,
        isEnd: Bool = false,
        horizon: Timestamp,
        _ record: (Reading) throws -> Void
    ) throws -> Bool {
        var growth = open.state.growth
        let bytes = try open.bytes(at: growth.offset, count: Self.pieceLength)
        guard !bytes.isEmpty else { return false }
        // While a log is rotated, equal lines of one second stand in several files.
        for other in files where other !== open { growth.learn(other.state.growth) }
        for other in past { growth.learn(other) }
        let lines = growth.taking(bytes, isEnd: isEnd, dialect: dialect, horizon: horizon)
        let isTooLong = bytes.count == Self.pieceLength
        guard let taken = lines ?? (isTooLong ? growth.dropping(bytes) : nil) else { return false }
        var state = open.state
        state.growth = taken.growth
        try record(Reading(body: taken.body, state: state))
        open.state = state
        open.idleLooks = 0
        return true
    }

    /// Bytes of one piece; a line is far shorter.
    private static let pieceLength = 2 << 20
    /// Looks, a second apart: a writer that was told to reopen its log has done so by then.
    private static let idleLooks = 10
    private static let mostEarlier = 4
}
