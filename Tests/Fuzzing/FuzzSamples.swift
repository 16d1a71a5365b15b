import Foundation

/// The bodies that inputs are made of: every sample under `fixtures/` that a decoder is tested with,
/// plain and compressed.
package enum FuzzSamples {
    package static func all() throws -> [[UInt8]] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "fixtures")
        var samples: [[UInt8]] = []
        for folder in ["events", "logs", "webhooks", "compressed"] {
            let files = try FileManager.default.contentsOfDirectory(
                at: root.appending(path: folder),
                includingPropertiesForKeys: nil
            ).filter { !$0.lastPathComponent.hasSuffix(".expected.json") }
            for file in files.sorted(by: { $0.path < $1.path }) {
                samples.append([UInt8](try Data(contentsOf: file)))
            }
        }
        return samples
    }
}
