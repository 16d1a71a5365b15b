import Foundation
import Synchronization

/// A folder for one measurement, removed at the end and on an interruption.
struct Workplace: Sendable {
    let path: String

    private static let folders = Mutex<Set<String>>([])

    init() throws {
        Interruption.watch()
        let name = "lastpull-bench.\(UInt32.random(in: .min ... .max))"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
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
