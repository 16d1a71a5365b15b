import EventDecoding
import Foundation
import RegistryModel

/// The files beside a followed one: what it was rotated to, under other names or compressed.
struct LogGenerations {
    /// The followed file.
    let path: String
    let dialect: LogDialect

    /// What was rotated while nobody read.
    struct Rotated {
        /// To be read, the oldest first.
        var files: [LogFile] = []
        /// What may hold lines that nobody has read, and can't be read: why, in words.
        var unread: [String] = []
    }

    /// Regular files in the folder whose names begin as the file's does, by their last change.
    func siblings() -> [LogFile] {
        var files: [LogFile] = []
        for _ in 0..<Self.attempts {
            var isRenamed = false
            files = names().compactMap { name in
                do {
                    return try LogFile(name)
                } catch {
                    isRenamed = isRenamed || (error as? LogReadingError)?.kind == .notThere
                    return nil
                }
            }
            if !isRenamed { break }
        }
        return files.filter(\.isRegular).sorted { $0.changedAt < $1.changedAt }
    }

    /// What else is in the folder and has a name that begins as the file's does.
    func names() -> [String] {
        guard let real = realpath(path, nil) else { return [] }
        defer { free(real) }
        let place = URL(fileURLWithPath: String(cString: real))
        let folder = place.deletingLastPathComponent().path
        let name = place.lastPathComponent
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(name) && $0 != name }.sorted().map { "\(folder)/\($0)" }
    }

    /// Files that were rotated after `state` was read, but for those that are known.
    ///
    /// One that begins before the newest line that was read, or can't be read, holds nothing new if
    /// it was last written to before that line, too. Else it is named: nothing is passed over.
    func rotated(after state: FollowedFile, besides known: [Int64]) -> Rotated {
        let last = state.growth.lastLine ?? Timestamp(milliseconds: 0)
        var found: [(file: LogFile, first: Timestamp)] = []
        var rotated = Rotated()
        let names = names()
        let all = Set(names)
        for name in names where !Self.isPacked(name, from: all) {
            var status = stat()
            // What has gone meanwhile was renamed once more, or is none of ours.
            guard stat(name, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                !known.contains(Int64(bitPattern: UInt64(status.st_ino)))
            else { continue }
            let changed = Timestamp(milliseconds: Int64(status.st_mtim.tv_sec) * 1_000 + 999)
            do {
                let file = try LogFile(name)
                let bytes = try file.beginning(Self.lookedAt)
                guard !bytes.isEmpty else { continue }
                // Most lines of a log are no accesses: one that begins without any is judged by its
                // last change.
                let first = try firstAccess(in: bytes, of: name) ?? changed
                if first >= last {
                    found.append((file, first))
                } else if changed >= last {
                    rotated.unread.append("\(name) begins before what was read last")
                }
            } catch {
                if changed >= last { rotated.unread.append(Self.words(error, name)) }
            }
        }
        rotated.files = found.sorted { $0.first < $1.first }.map(\.file)
        return rotated
    }

    /// When the first access was that a log's beginning tells of; nil where it tells of none.
    func firstAccess(in bytes: [UInt8], of name: String) throws -> Timestamp? {
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1
        let body = AccessLog.decode(Array(bytes[...end]), dialect)
        guard !body.accesses.isEmpty || body.ignored > 0 else {
            throw LogReadingError(
                kind: .other,
                place: name,
                reason: "it begins with nothing that is understood"
            )
        }
        return body.accesses.map(\.time).min()
    }

    /// Why a file can't be read, with its name.
    static func words(_ error: any Error, _ name: String) -> String {
        let reason = (error as? LogReadingError)?.reason ?? "\(error)"
        return "\(name) can't be read: \(reason)"
    }

    /// Whether a file is being made from another one, which is still there.
    static func isPacked(_ name: String, from names: Set<String>) -> Bool {
        guard let dot = name.lastIndex(of: "."), packings.contains(String(name[dot...])) else {
            return false
        }
        return names.contains(String(name[..<dot]))
    }

    private static let packings: Set = [
        ".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzo", ".lzma", ".br", ".zip", ".7z", ".Z",
    ]
    /// Bytes of a beginning in which the first access is looked for.
    static let lookedAt = 65_536
    /// Lists of a folder until one holds no name that somebody changes meanwhile.
    static let attempts = 3
}
