import EventDecoding
import Foundation
import RegistryModel

// After a start: what was read before, and what was rotated since, is looked for by its content.
extension FileFollower {
    /// After a start: the rest of what was read before, and what came after it, wherever it is now.
    func start(
        after earlier: [FollowedFile],
        _ record: (Reading) throws -> Void
    ) throws {
        guard let newest = earlier.first else { return }
        let current = try regularFile()
        var found: [FollowedOpenFile] = []
        var here: FollowedOpenFile?
        for (place, state) in earlier.prefix(Self.mostRetired).enumerated() {
            if here == nil, let open = try FollowedOpenFile(rest: state, in: current) {
                here = open
            } else if let rest = place < Self.mostEarlier ? rest(of: state) : renamed(state) {
                found.insert(rest, at: 0)
            }
        }
        let next = FollowedFile(current, after: newest)
        if here == nil {
            if found.last?.state.id != newest.id {
                let loss = "\(path) was replaced while nobody read it, and what it held is gone"
                try record(Reading(body: DecodedBody(), state: next, loss: loss))
            }
            for file in generations(after: newest, besides: found.map(\.file.inode)) {
                let state = FollowedFile(file, after: newest)
                found.append(try FollowedOpenFile(whole: file, state))
            }
        }
        let last = here ?? FollowedOpenFile(current, next)
        last.state.device = current.device
        last.state.inode = current.inode
        files = found + [last]
    }

    /// The rest of what was read, in a file beside; a copy may be compressed already.
    func rest(of state: FollowedFile) -> FollowedOpenFile? {
        for file in siblings() {
            if let open = try? FollowedOpenFile(rest: state, in: file) { return open }
        }
        return nil
    }

    /// What was read, under another name.
    private func renamed(_ state: FollowedFile) -> FollowedOpenFile? {
        guard let path = siblingPaths().first(where: { state.isAt(LogFile.identity(of: $0)) })
        else {
            return nil
        }
        return (try? LogFile(path)).flatMap { try? FollowedOpenFile(rest: state, in: $0) }
    }

    /// Files beside it that were rotated while nobody read, the oldest first.
    ///
    /// Most lines of a log are no accesses: one that begins without any is judged by its last change.
    private func generations(after state: FollowedFile, besides known: [Int64]) -> [LogFile] {
        let last = state.growth.lastLine ?? Timestamp(milliseconds: 0)
        var found: [(file: LogFile, first: Timestamp)] = []
        for file in siblings() where !known.contains(file.inode) {
            guard let bytes = try? file.beginning(Self.lookedAt),
                let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
            else { continue }
            let body = AccessLog.decode(Array(bytes[...end]), dialect)
            let changed = Timestamp(milliseconds: Int64(file.changedAt) * 1_000 + 999)
            guard !body.accesses.isEmpty || body.ignored > 0 else { continue }
            let first = body.accesses.map(\.time).min() ?? changed
            if first >= last { found.append((file, first)) }
        }
        return found.sorted { $0.first < $1.first }.map(\.file)
    }

    /// Regular files in the folder whose names begin as the file's does, by their last change.
    private func siblings() -> [LogFile] {
        siblingPaths().compactMap { try? LogFile($0) }
            .filter(\.isRegular)
            .sorted { $0.changedAt < $1.changedAt }
    }

    /// What else is in the folder and has a name that begins as the file's does.
    func siblingPaths() -> [String] {
        guard let real = realpath(path, nil) else { return [] }
        defer { free(real) }
        let place = URL(fileURLWithPath: String(cString: real))
        let folder = place.deletingLastPathComponent().path
        let name = place.lastPathComponent
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(name) && $0 != name }.map { "\(folder)/\($0)" }
    }

    /// Bytes of a log's beginning that are looked at for its first line.
    private static let lookedAt = 65_536
}
