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
    let dialect: LogDialect
    let generations: LogGenerations
    /// Files that were in the place before, the oldest first, then the one that is there.
    var files: [FollowedOpenFile] = []
    /// Files that are not open any more, and may be written to all the same; the oldest first.
    var letGo: [FollowedFile] = []
    /// When it was last seen whether one of these has grown.
    var checkedLetGoAt: Timestamp?
    /// What was read before the start, the newest first; nil once it was looked for.
    private var earlier: [FollowedFile]?
    /// How far files were read that are not open any more, for their newest lines.
    private var past: [LogGrowth] = []
    /// Since when nothing is in the place while something is still open.
    private var missingSince: Timestamp?
    /// What lay beside the log when its folder was last listed.
    var seen = SeenSiblings()
    /// The last rotation, while the folder is still searched for what came before it.
    var settling: Settling?
    /// When the place was last looked at.
    private var lookedAt: Timestamp?

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
    /// not in its place for `settledAfter` is an error, after what is open was read to its end.
    package func look(
        now: Timestamp,
        horizon: Timestamp,
        _ record: (Reading) throws -> Void
    ) throws -> Bool {
        try open(now, record)
        try checkRetired(now, record)
        for open in files {
            do {
                if try read(open, horizon: horizon, record) { return true }
            } catch {
                try giveUp(open, because: error, record)
                return true
            }
        }
        try retire(now: now, horizon: horizon, record)
        reopenGrown(now)
        if let missingSince, now - missingSince >= Self.settledAfter {
            throw LogReadingError(errno: ENOENT, place: path)
        }
        return false
    }

    // MARK: Which files

    /// Looks at what is in the place now, and opens it where it is another file.
    private func open(_ now: Timestamp, _ record: (Reading) throws -> Void) throws {
        defer { lookedAt = now }
        guard let identity = LogFile.identity(of: path) else {
            // A writer that renames it makes another one soon; what is open is read meanwhile.
            guard !files.isEmpty else { throw LogReadingError(errno: ENOENT, place: path) }
            missingSince = missingSince ?? now
            return
        }
        missingSince = nil
        if let earlier {
            // Before anything is opened: what is there by then is older than what is followed.
            let beside = generations.beside()
            try start(after: earlier, record)
            seen.note(beside)
            past = earlier.prefix(Self.mostEarlier).map(\.growth)
            self.earlier = nil
        }
        guard let current = files.last else {
            let file = try regularFile()
            files.append(FollowedOpenFile(file, FollowedFile(file)))
            return
        }
        if current.file.isAt(identity) {
            try checkContent(current, now, record)
            return
        }
        // One that was renamed may be named back.
        if let place = files.firstIndex(where: { !$0.isCopy && $0.file.isAt(identity) }) {
            beginSettling(now, after: current, wasReplaced: true)
            files.append(files.remove(at: place))
        } else {
            let file = try regularFile()
            beginSettling(now, after: current, wasReplaced: true)
            files.append(
                takeLetGo(file) ?? FollowedOpenFile(file, FollowedFile(file, after: current.state))
            )
        }
        current.quietSince = nil
        try settle(now, record)
    }

    private func beginSettling(
        _ now: Timestamp,
        after current: FollowedOpenFile,
        wasReplaced: Bool
    ) {
        let pause = lookedAt.map { now - $0 } ?? .zero
        let unsettled = settling.flatMap { $0.isUnsettled ? $0 : nil }
        settling = Settling(
            since: unsettled?.since ?? current.lookedChange,
            until: now + Self.settledAfter,
            lastLine: unsettled?.lastLine ?? current.state.growth.lastLine,
            replaced: wasReplaced ? current : nil,
            isAfterPause: pause > Self.settledAfter
        )
    }

    func regularFile() throws -> LogFile {
        let file = try LogFile(path)
        guard file.isRegular else {
            throw LogReadingError(kind: .other, place: path, reason: "is no file; name a log file")
        }
        return file
    }

    /// Sees whether the file that is in the place was truncated.
    private func checkContent(
        _ open: FollowedOpenFile,
        _ now: Timestamp,
        _ record: (Reading) throws -> Void
    ) throws {
        let change = open.file.changeStamp
        if try !open.hasWhatWasRead() {
            beginSettling(now, after: open, wasReplaced: false)
            try goOn(inTruncated: open, record)
        } else if open.state.growth.offset == 0, change != open.lookedChange {
            // Nothing was read by which a truncation could be told.
            beginSettling(now, after: open, wasReplaced: false)
        }
        open.lookedChange = change
        try settle(now, record)
    }

    private func goOn(
        inTruncated open: FollowedOpenFile,
        _ record: (Reading) throws -> Void
    ) throws {
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

    func remember(_ growth: LogGrowth) {
        past = (past + [growth]).suffix(Self.mostEarlier)
    }

    // MARK: Reading

    func read(
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
        open.quietSince = nil
        return true
    }

    /// Bytes of one piece; a line is far shorter.
    private static let pieceLength = 2 << 20
    /// Files that were read before of which the rest is looked for by their content.
    static let mostEarlier = 4
    /// A writer that was told to reopen its log has mostly done so by then.
    static let settledAfter = Span.seconds(10)
}
