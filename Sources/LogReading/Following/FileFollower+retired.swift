import EventDecoding
import Foundation
import RegistryModel

// Files that others replaced. Nobody tells when their writer has opened its log anew: it may go on
// with the renamed file for hours, as a web server does that ends gracefully.
extension FileFollower {
    /// Sees whether what was replaced still is what was read.
    func checkRetired(_ now: Timestamp, _ record: (Reading) throws -> Void) throws {
        for open in files.dropLast() where !open.isCopy {
            guard try !open.hasWhatWasRead() else { continue }
            // It is mostly compressed before.
            let rest = rest(of: open.state)
            let quiet = open.quietSince.map { now - $0 } ?? .zero
            if rest == nil, quiet < Self.settledAfter {
                let loss =
                    "\(path) was renamed and overwritten before it was read to its end, perhaps"
                try record(Reading(body: DecodedBody(), state: open.state, loss: loss))
            }
            guard let place = files.firstIndex(where: { $0 === open }) else { continue }
            remember(open.state.growth)
            files.replaceSubrange(place...place, with: rest.map { [$0] } ?? [])
        }
    }

    /// Closes files that others replaced, when nobody has written to them for long.
    func retire(
        now: Timestamp,
        horizon: Timestamp,
        _ record: (Reading) throws -> Void
    ) throws {
        for (place, open) in files.enumerated().dropLast() {
            let since = open.quietSince ?? now
            open.quietSince = since
            guard open.isCopy || now - since >= Self.settledAfter else { continue }
            // A line that its writer never ended.
            if try read(open, isEnd: true, horizon: horizon, record), !open.isCopy { continue }
            let isFollowed = files[(place + 1)...].contains { $0.state.growth.offset > 0 }
            let patience = open.file.isNamed || !isFollowed ? Self.patience : Self.shortPatience
            open.isDone = open.isCopy || now - since >= patience
        }
        for open in files.dropLast() where open.isDone { close(open) }
        while files.count > Self.mostRetired + 1,
            let oldest = files.dropLast().min(by: { $0.quiet(now) > $1.quiet(now) })
        {
            close(oldest)
        }
    }

    /// Lets go of a copy that is damaged, as a compressed one may be: the others must not wait for it.
    func giveUp(
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

    private func close(_ open: FollowedOpenFile) {
        remember(open.state.growth)
        files.removeAll { $0 === open }
        guard !open.isCopy, open.file.isNamed, open.state.growth.offset > 0 else { return }
        letGo = (letGo + [open.state]).suffix(Self.mostLetGo)
    }

    /// Opens again what has grown since it was closed.
    func reopenGrown(_ now: Timestamp) {
        guard !letGo.isEmpty else { return }
        if let last = checkedLetGoAt, now - last < Self.letGoInterval, now >= last { return }
        checkedLetGoAt = now
        for path in generations.names() {
            let identity = LogFile.identity(of: path)
            guard let state = letGo.first(where: { $0.isAt(identity) }),
                LogFile.size(of: path) > state.growth.offset,
                let file = try? LogFile(path),
                let open = takeLetGo(file)
            else { continue }
            files.insert(open, at: 0)
        }
    }

    /// The rest of a file that was closed; nil where it is another one, which has its number now.
    func takeLetGo(_ file: LogFile) -> FollowedOpenFile? {
        guard let place = letGo.firstIndex(where: { $0.isAt((file.device, file.inode)) }) else {
            return nil
        }
        return try? FollowedOpenFile(rest: letGo.remove(at: place), in: file)
    }

    /// How long a file is kept open that nobody writes to: whoever is told so late that the log was
    /// renamed was rather forgotten.
    private static let patience = Span.days(1)
    /// The same for one that was deleted, whose bytes the disk gets back only then, once the next
    /// file has a line.
    private static let shortPatience = Span.minutes(10)
    /// Descriptors are few, and a log that is rotated every minute has been reopened soon.
    static let mostRetired = 16
    private static let mostLetGo = 64
    /// Looking for them needs a list of the folder.
    private static let letGoInterval = Span.minutes(1)
}
