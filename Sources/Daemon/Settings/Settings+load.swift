import Cleanup
import Foundation
import RegistryModel

extension Settings {
    /// Reads and checks a settings file.
    ///
    /// - Throws: `SettingsError` with every problem, or `SettingsFileError`.
    package init(file: String) throws {
        self = try Settings.parse(
            try Self.text(of: file),
            file: file,
            readFile: { try Self.text(of: $0) }
        )
    }

    /// Settings for working on one registry by hand, without a file: no policies, no triggers.
    package init(
        url: String?,
        storage: String? = nil,
        username: String?,
        passwordFile: String?,
        ledger: String
    ) throws {
        var address = ""
        do {
            if let url { address = try RegistryURL(url).description }
        } catch {
            throw SettingsFileError(path: "--url", reason: "\(error)")
        }
        let authority =
            address.isEmpty
            ? "storage" : address.split(separator: "/", omittingEmptySubsequences: true)[1]
        let password = try passwordFile.map { Secret(try Self.text(of: $0).trimmingNewline) }
        let registry = RegistrySettings(
            name: String(authority).replacingOccurrences(of: ":", with: "-"),
            kind: RegistrySettings.Kind(host: String(authority)),
            url: address,
            username: username,
            password: password,
            storage: storage,
            grace: RegistrySettings.defaultGrace,
            quarantine: RegistrySettings.defaultQuarantine,
            afterSweep: [],
            inventory: RegistrySettings.defaultInventory,
            gapTolerance: RegistrySettings.defaultGapTolerance,
            probe: RegistrySettings.defaultProbe,
            probeURL: nil,
            trustHistoryFrom: nil,
            repositories: nil
        )
        self = Settings(
            listen: .standard,
            ledger: ledger,
            history: Self.defaultHistory,
            registries: [registry],
            ignoreAccess: AccessIgnoreList(),
            policies: [],
            triggers: [],
            access: AccessSettings(),
            warnings: [],
            isOfCommand: true
        )
    }

    /// Settings for working on one engine by hand, without a file.
    package init(socket: String, ledger: String) {
        self = Settings(
            listen: .standard,
            ledger: ledger,
            history: Self.defaultHistory,
            registries: [],
            engines: [
                EngineSettings(
                    name: "engine",
                    place: .socket(socket),
                    prune: EnginePart.allCases
                )
            ],
            ignoreAccess: AccessIgnoreList(),
            policies: [],
            triggers: [],
            access: AccessSettings(),
            warnings: []
        )
    }

    private static func text(of path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            let reason =
                FileManager.default.fileExists(atPath: path)
                ? "can't be read; check its permissions" : "no such file"
            throw SettingsFileError(path: path, reason: reason)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw SettingsFileError(path: path, reason: "not UTF-8 text")
        }
        return text
    }
}

extension String {
    fileprivate var trimmingNewline: String {
        trimmingCharacters(in: .newlines)
    }
}

extension RegistrySettings.Kind {
    /// The kind of a registry that is known by its address alone.
    fileprivate init(host: String) {
        let name = host.lowercased()
        self =
            name == "hub.docker.com" ? .dockerhub : name.hasSuffix(".azurecr.io") ? .acr : .oci
    }
}

/// A file that the settings need and that can't be used.
package struct SettingsFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String { "\(path): \(reason)" }
}
