import Foundation
import Synchronization

/// A folder for one measurement, removed at the end and on an interruption.
struct Workplace: Sendable {
    let path: String

    private static let folders = Mutex<Set<String>>([])

    /// Makes it in `parent`, or among the temporary folders.
    init(in parent: String? = nil) throws {
        Interruption.watch()
        let name = "lastpull-bench.\(UInt32.random(in: .min ... .max))"
        let place =
            parent.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
        path = place.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        _ = Self.folders.withLock { $0.insert(path) }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: false, encoding: .utf8)
        return file(name)
    }

    /// Refuses to begin what would fill the file system.
    static func demandFiles(_ count: Int, in folder: String) throws {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            throw BenchError("\(folder): \(String(cString: strerror(errno)))")
        }
        // Some file systems make their inodes as they go, and tell of none.
        let bytes = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let isEnough = status.f_files == 0 || status.f_favail > UInt64(count)
        guard isEnough, bytes > UInt64(count) * 4_096 else {
            throw BenchError("\(folder) has no room for \(count) files; give --folder")
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
        _ = Self.folders.withLock { $0.remove(path) }
    }

    static func removeAll() {
        for path in folders.withLock({ $0 }) {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}

/// Ctrl-C and SIGTERM: the folders go before the process does.
///
/// Children end by themselves, when their standard input closes.
enum Interruption {
    private static let sources = Mutex<[any DispatchSourceSignal]>([])

    static func watch() {
        sources.withLock { sources in
            guard sources.isEmpty else { return }
            for number in [SIGINT, SIGTERM] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    Workplace.removeAll()
                    exit(128 + number)
                }
                source.resume()
                sources.append(source)
            }
        }
    }
}
