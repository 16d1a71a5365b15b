import EventDecoding
import Foundation
import RegistryModel

/// A rotation that was seen, until what came before it is found.
struct Settling {
    /// When the log was last written to that was read before, in nanoseconds.
    var since: Int64
    /// Until then the folder is listed at each look: a list that was read while somebody renames may
    /// lack a name.
    var until: Timestamp
    /// The newest line that was read before.
    var lastLine: Timestamp?
    /// The file that was in the place, until it is known whether others were there after it.
    var replaced: FollowedOpenFile?
    /// Whether nobody had looked for long.
    var isAfterPause: Bool
    /// Whether the folder was not yet listed, or held what has to be looked at again.
    var isUnsettled = true
}

// A log may be rotated more than once between two looks, by a busy writer or while this process
// stood still.
extension FileFollower {
    /// Opens what was rotated away before it was seen in the place, and says what of it is lost.
    func settle(_ now: Timestamp, _ record: (Reading) throws -> Void) throws {
        guard var settling, let current = files.last else { return }
        var between = generations.between(
            LogGenerations.Look(
                open: files,
                seen: seen,
                since: settling.since,
                lastLine: settling.lastLine
            )
        )
        let before = files.dropLast().last?.state ?? current.state
        var opened: [FollowedOpenFile] = []
        for file in between.rotated.files {
            do {
                opened.append(try FollowedOpenFile(whole: file, FollowedFile(file, after: before)))
            } catch {
                between.rotated.unread.append(LogGenerations.words(error, file.path))
            }
        }
        if let replaced = settling.replaced, isGone(replaced, between),
            settling.isAfterPause || !opened.isEmpty
        {
            between.rotated.unread.append("\(path) was deleted, and perhaps others after it")
        }
        for reason in between.rotated.unread {
            let loss = "\(reason); \(path) was rotated more than once between two looks, perhaps"
            try record(Reading(body: DecodedBody(), state: before, loss: loss))
        }
        files.insert(contentsOf: opened, at: files.count - 1)
        seen.note(between.beside)
        settling.replaced = nil
        settling.isUnsettled = between.isUnsettled
        self.settling = now >= settling.until && !between.isUnsettled ? nil : settling
    }

    /// Whether nothing in the folder is the log that was in the place: what came after it may have
    /// gone as well.
    private func isGone(_ replaced: FollowedOpenFile, _ between: LogGenerations.Between) -> Bool {
        guard !replaced.file.isNamed else { return false }
        let beginning = LogBeginning(replaced.beginning())
        return !between.packed.contains(replaced.file.changeStamp / 1_000_000_000)
            && !between.beside.contains { $0.beginning.length > 0 && $0.beginning == beginning }
    }
}
