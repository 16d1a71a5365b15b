import Foundation

/// A fresh folder that goes, with all that is in it, when the last reference to it does.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Makes the folder in `parent`, else under the system's place for temporary files.
    package init(in parent: String? = nil) throws {
        let name = "lastpull-test-\(UUID().uuidString)"
        let parent =
            parent.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
        let place = parent.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        path = place.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of `name` in the folder, which need not exist.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, with the folders above it, and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        let place = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: place)
        return place.path
    }

    /// The text of a file in the folder; empty where there is none (yet).
    package func text(of name: String) -> String { TextFile.read(file(name)) }
}

/// Text as processes leave it behind.
enum TextFile {
    /// The whole text, with a mark in place of invalid bytes; empty where there is no file (yet).
    static func read(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
