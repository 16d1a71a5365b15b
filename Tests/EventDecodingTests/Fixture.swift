import Foundation
import Testing

/// A body under `fixtures/`, with what it must decode to beside it.
struct Fixture: Sendable, CustomTestStringConvertible {
    let url: URL

    var testDescription: String { url.lastPathComponent }

    var body: [UInt8] {
        get throws { [UInt8](try Data(contentsOf: url)) }
    }

    /// The contents of `NAME.expected.json`.
    var expected: BodySummary {
        get throws {
            let expectation = url.deletingPathExtension().appendingPathExtension("expected.json")
            let data = try Data(contentsOf: expectation)
            return try JSONDecoder().decode(BodySummary.self, from: data)
        }
    }

    /// The bytes of one file.
    static func bytes(_ path: String) throws -> [UInt8] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: root.appending(path: "fixtures/\(path)")))
    }

    /// Every body in a folder, so that adding a file adds a case.
    static func all(_ folder: String) throws -> [Fixture] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let files = try FileManager.default.contentsOfDirectory(
            at: root.appending(path: "fixtures/\(folder)"),
            includingPropertiesForKeys: nil
        )
        return files.filter { !$0.lastPathComponent.hasSuffix(".expected.json") }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map(Fixture.init(url:))
    }
}
