import EventDecoding
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
            found += try rotated(after: newest, besides: found, record)
        }
        let last = here ?? FollowedOpenFile(current, next)
        last.state.device = current.device
        last.state.inode = current.inode
        files = found + [last]
    }

    /// The rest of what was read, in a file beside; a copy may be compressed already.
    func rest(of state: FollowedFile) -> FollowedOpenFile? {
        for file in generations.siblings() {
            if let open = try? FollowedOpenFile(rest: state, in: file) { return open }
        }
        return nil
    }

    /// What was read, under another name.
    private func renamed(_ state: FollowedFile) -> FollowedOpenFile? {
        guard let path = generations.names().first(where: { state.isAt(LogFile.identity(of: $0)) })
        else {
            return nil
        }
        return (try? LogFile(path)).flatMap { try? FollowedOpenFile(rest: state, in: $0) }
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
}
