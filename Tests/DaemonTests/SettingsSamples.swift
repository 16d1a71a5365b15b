import Daemon
import Foundation
import Testing

/// Settings files that the tests read, and the files that those name.
enum SettingsSamples {
    struct NoSuchFile: Error, CustomStringConvertible {
        var description: String { "no such file" }
    }

    /// Files that settings may name, by path.
    static let files = [
        "/run/secrets/registry": "pass word\n",
        "/run/secrets/token": "t0ken\r\n",
        "/run/secrets/bare": "bare",
        "/run/secrets/acr": "a password of a test\n",
        "/run/secrets/hub": "dckr_pat_of_a_test\n",
        "/run/secrets/hook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
        "/run/secrets/old-hook": "a secret as it is, of 34 letters up\n",
        "/run/secrets/no-base64": "whsec_hunter2!\n",
        "/etc/ssl/own.pem": "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
        "/etc/ssl/own.key": "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n",
        "/run/secrets/empty": "\n",
        "/run/secrets/two-lines": "one\ntwo\n",
    ]

    static func parse(_ text: String, file: String = "lastpull.yaml") throws -> Settings {
        try Settings.parse(text, file: file) { path in
            guard let text = files[path] else { throw NoSuchFile() }
            return text
        }
    }

    /// Parses `text`, which lacks registries, with one registry of its own.
    static func parse(beside text: String) throws -> Settings {
        try parse("registries: [{ name: local, url: 'http://127.0.0.1:5000' }]\n" + text)
    }

    /// The messages of what is refused in `text`; empty when nothing is.
    static func problems(in text: String, file: String = "lastpull.yaml") throws -> [String] {
        do {
            _ = try parse(text, file: file)
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        }
    }

    /// Files to be refused.
    static let folder = top.appending(path: "fixtures/settings")
    static let good = folder.appending(path: "good")

    /// The checkout: two folders above that of this file.
    static let top = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Names of the YAML files in a folder; at least one.
    static func names(in folder: URL) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let found = all.filter { $0.hasSuffix(".yaml") }.sorted()
        precondition(!found.isEmpty, "no samples in \(folder.path)")
        return found
    }

    /// The bytes of a file of other fixtures.
    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: top.appending(path: "fixtures/\(path)")))
    }

    static func text(_ name: String, in folder: URL = folder) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
}
