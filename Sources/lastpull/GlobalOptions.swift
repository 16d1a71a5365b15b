import ArgumentParser
import Cleanup
import Daemon
import Foundation
import Logging
import RegistryModel

/// Where settings come from, or which registry to work on without them.
struct GlobalOptions: ParsableArguments {
    @Option(
        help:
            "The settings file (else $LASTPULL_CONFIG, ./lastpull.yaml, /etc/lastpull/lastpull.yaml)."
    )
    var config: String?

    @Option(help: "A registry to work on without a settings file, such as http://127.0.0.1:5000.")
    var url: String?

    @Option(help: "The registry's disk, where its filesystem driver's root is on this machine.")
    var storage: String?

    @Option(help: "An engine to work on without a settings file: the path of its socket.")
    var socket: String?

    @Option(
        help:
            "Without settings: the ledger file (else one per target under $XDG_STATE_HOME/lastpull)."
    )
    var ledger: String?

    @Option(help: "With --url: the user to log in as.")
    var username: String?

    @Option(help: "With --url: a file that holds the password.")
    var passwordFile: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say more on standard error.")
    var verbose = false

    func validate() throws {
        if socket != nil, config != nil || url != nil || storage != nil {
            throw ValidationError(
                "--socket excludes --config, --url and --storage; give one of them"
            )
        }
        if url != nil || storage != nil, config != nil {
            let option = url == nil ? "--storage" : "--url"
            throw ValidationError("\(option) and --config exclude each other; give one of them")
        }
        if socket != nil, username != nil {
            throw ValidationError("--username and --password-file go with --url")
        }
        if url == nil, storage == nil, socket == nil,
            ledger != nil || username != nil || passwordFile != nil
        {
            throw ValidationError(
                "--ledger, --username and --password-file go with --url, --storage or --socket; the settings file has its own"
            )
        }
        if (username == nil) != (passwordFile == nil) {
            throw ValidationError("--username and --password-file go together")
        }
    }

    /// Whether there are no settings, so that only what is named and what is untagged may go.
    var isWithoutSettings: Bool { url != nil || storage != nil || socket != nil }

    /// Without settings nobody has listened, perhaps ever: a plan then looks emptier than it is.
    func sayWhatIsUnseen() {
        guard isWithoutSettings, socket == nil else { return }
        Terminal.complain(
            "a registry's API lists no untagged manifests; only those are known that this ledger "
                + "has seen with a tag before, or in events"
        )
    }

    func settings() throws -> Settings {
        if let socket { return try engineSettings(socket) }
        guard let place = url ?? storage else {
            return try Settings(file: try configurationFile())
        }
        return try Settings(
            url: url,
            storage: try storage.map(Self.absolute),
            username: username,
            passwordFile: passwordFile,
            ledger: ledger ?? Self.stateFile(for: url == nil ? try Self.absolute(place) : place)
        )
    }

    private func engineSettings(_ socket: String) throws -> Settings {
        let scheme = "unix://"
        let path = socket.hasPrefix(scheme) ? String(socket.dropFirst(scheme.count)) : socket
        guard !path.isEmpty, !path.contains("://") else {
            throw ValidationError(
                "--socket \(socket) is not the path of a socket; engines elsewhere go into the settings"
            )
        }
        let absolute =
            path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        return Settings(socket: absolute, ledger: ledger ?? Self.stateFile(for: absolute))
    }

    func deployment() async throws -> Deployment {
        let line = ProgressLine()
        return try await Deployment(
            try settings(),
            logger: logger,
            onProgress: { line?.show($0) }
        )
    }

    var logger: Logger {
        LoggingSystem.bootstrapOnce()
        var logger = Logger(label: "lastpull")
        logger.logLevel = verbose ? .debug : .warning
        return logger
    }

    func configurationFile() throws -> String {
        if let config { return config }
        let environment = ProcessInfo.processInfo.environment
        if let file = environment["LASTPULL_CONFIG"], !file.isEmpty { return file }
        let places = ["lastpull.yaml", "/etc/lastpull/lastpull.yaml"]
        guard let file = places.first(where: FileManager.default.fileExists) else {
            throw ValidationError(
                "no settings file: give --config FILE, or --url URL, --storage DIR or --socket PATH to work without one"
            )
        }
        return file
    }

    /// The storage's own path, so that one folder has one ledger however it is named.
    private static func absolute(_ folder: String) throws -> String {
        guard let path = realpath(folder, nil) else {
            throw ValidationError("--storage \(folder): \(String(cString: strerror(errno)))")
        }
        defer { free(path) }
        return String(cString: path)
    }

    private static func stateFile(for url: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        let state =
            environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? "\(NSHomeDirectory())/.local/state"
        let address = url.hasSuffix("/") ? String(url.dropLast()) : url
        let name = address.lowercased().map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "_" }
        return "\(state)/lastpull/\(String(name)).sqlite"
    }
}

/// Narrows a command that tells of registries to one of them.
struct RegistryOption: ParsableArguments {
    @Option(help: "Only this registry of the settings.")
    var registry: String?

    /// Whether the command is about the registry of this name.
    func includes(_ name: String) -> Bool { registry == nil || registry == name }

    /// Refuses a name that the settings do not have.
    func check(_ deployment: Deployment) throws {
        if let registry { _ = try deployment.cleaner.target(named: registry) }
    }
}

/// Narrows a command to some of the registries and repositories.
struct ScopeOptions: ParsableArguments {
    @Option(help: "Only this registry of the settings.")
    var registry: String?

    @Option(help: "Only repositories that match this glob; may be given more than once.")
    var repository: [String] = []
}
