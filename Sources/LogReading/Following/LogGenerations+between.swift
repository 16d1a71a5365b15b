import EventDecoding
import Foundation
import RegistryModel

// Between two looks: what was rotated away before anybody saw it in the log's place.
extension LogGenerations {
    /// What is known when the file in the place was found to be another one.
    struct Look {
        /// Files that are read, the last of them in the log's place.
        var open: [FollowedOpenFile]
        var seen: SeenSiblings
        /// Whatever was last written to before this, in nanoseconds, was rotated before the last look.
        var since: Int64
        /// The newest line that was read then.
        var lastLine: Timestamp?
    }

    /// What came between two looks.
    struct Between {
        var rotated = Rotated()
        /// The files beside the log of which it is known what they are.
        var beside: [LogSibling] = []
        /// Something has to be looked at again: it is being copied, packed or renamed.
        var isUnsettled = false
        fileprivate var found: [(file: LogFile, first: Timestamp)] = []
        /// When logs that are open and were deleted had last been written to, in seconds.
        fileprivate var deleted: [Int64] = []
        /// The same of those that are there all the same, packed with something else than gzip.
        var packed: [Int64] = []
    }

    /// Files that were not beside the log at the last look, and are not what was read there.
    ///
    /// A file is told by its number and its beginning, so that a packed or copied log is none. What
    /// can't be read is named, unless it has the time of a log that is open and was deleted: then it
    /// is that one, packed.
    func between(_ look: Look) -> Between {
        var between = Between()
        for _ in 0..<Self.attempts {
            between = listed(look)
            if !between.isUnsettled { break }
        }
        between.rotated.files = between.found.sorted { $0.first < $1.first }.map(\.file)
        return between
    }

    private func listed(_ look: Look) -> Between {
        var between = Between()
        between.deleted = look.open.filter { !$0.isCopy && !$0.file.isNamed }
            .map { $0.file.changeStamp / 1_000_000_000 }
        let names = names()
        let all = Set(names)
        for name in names where !Self.isPacked(name, from: all) {
            guard var sibling = sibling(name, &between) else { continue }
            if let known = look.seen.unchanged(sibling) {
                between.beside.append(known)
                continue
            }
            do {
                try judge(name, &sibling, look, &between)
            } catch let error as LogReadingError where error.kind == .notThere {
                between.isUnsettled = true
            } catch {
                between.beside.append(sibling)
                if let place = between.deleted.firstIndex(of: sibling.changedAt) {
                    between.packed.append(between.deleted.remove(at: place))
                } else if sibling.changedAt >= look.since / 1_000_000_000 {
                    between.rotated.unread.append(Self.words(error, name))
                }
            }
        }
        return between
    }

    /// A file with something in it.
    private func sibling(_ name: String, _ between: inout Between) -> LogSibling? {
        var status = stat()
        guard stat(name, &status) == 0 else {
            between.isUnsettled = true
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return nil }
        return LogSibling(status)
    }

    private func judge(
        _ name: String,
        _ sibling: inout LogSibling,
        _ look: Look,
        _ between: inout Between
    ) throws {
        let file = try LogFile(name)
        let bytes = try file.beginning(Self.lookedAt)
        let beginning = bytes.prefix(LogMark.length)
        sibling.beginning = LogBeginning(beginning)
        let isTwice = between.beside.contains { $0.isSame(as: sibling) }
        guard !isTwice, !look.knows(sibling, beginning),
            sibling.changedAt >= look.since / 1_000_000_000
        else {
            between.beside.append(sibling)
            return
        }
        if let current = look.open.last,
            sibling.beginning.begins(current.beginning())
                || current.began(as: sibling.beginning, beginning)
        {
            // A copy that is made before the log is truncated, or was truncated just now.
            between.isUnsettled = true
            return
        }
        // Most lines of a log are no accesses.
        let first = try firstAccess(in: bytes, of: name)
        let last = look.lastLine ?? Timestamp(milliseconds: 0)
        if let first, first < last - Self.disorder {
            between.rotated.unread.append("\(name) begins before what was read last")
        } else {
            between.found.append(
                (file, first ?? Timestamp(milliseconds: sibling.changedAt * 1_000))
            )
        }
        between.beside.append(sibling)
    }

    /// All that is beside the log.
    func beside() -> [LogSibling] {
        names().compactMap { name in
            var status = stat()
            guard stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            var sibling = LogSibling(status)
            if let file = try? LogFile(name), let bytes = try? file.beginning() {
                sibling.beginning = LogBeginning(bytes)
            }
            return sibling
        }
    }

    /// Some write the time at which a request began, and its line when it has ended.
    private static let disorder = Span.minutes(1)
}

extension LogGenerations.Look {
    /// Whether a file is read already, or was seen before, perhaps under another name or unpacked.
    func knows(_ sibling: LogSibling, _ beginning: ArraySlice<UInt8>) -> Bool {
        if open.contains(where: { $0.file.isAt(sibling.identity) }) { return true }
        return seen.knows(sibling, beginning: beginning)
            || open.dropLast().contains { $0.began(as: sibling.beginning, beginning) }
    }
}

extension FollowedOpenFile {
    /// Whether another file begins as this one does, or did before it was truncated.
    fileprivate func began(as other: LogBeginning, _ bytes: ArraySlice<UInt8>) -> Bool {
        if other.length > 0, LogBeginning(beginning()) == other { return true }
        let mark = state.growth.mark
        // A header may stand at the beginning of every log.
        guard state.growth.accesses > 0 || mark.headLength == LogMark.length,
            mark.headLength > 0, bytes.count >= mark.headLength, bytes.contains(where: { $0 != 0 })
        else { return false }
        return LogMark.hash(bytes.prefix(mark.headLength)) == mark.head
    }
}
