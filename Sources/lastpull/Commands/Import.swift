import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import EventDecoding
import Foundation
import LogReading
import RegistryModel

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Adds old access logs to a registry's history.",
        discussion: """
            Each line counts once, whatever was heard or imported before: also when a log has grown, \
            was renamed, or was compressed meanwhile. Gzip is told by its first bytes. The hours that \
            hold lines are covered, from the first line to the last, if any line tells of a read; \
            --covers vouches for more.
            """
    )

    @OptionGroup var options: GlobalOptions

    @Option(help: "The registry of the settings whose logs these are; needed where there are more.")
    var registry: String?

    @Option(
        help: """
            The format of the records, one of: \
            \(LogFormat.allCases.map(\.rawValue).joined(separator: ", ")); each tells by itself \
            otherwise.
            """
    )
    var format: String?

    @Option(
        help: ArgumentHelp(
            """
            A key of JSON records of your own, such as path=uri, by one of the names \
            \(LogKeys.nameable.joined(separator: ", ")); may be given more than once.
            """,
            valueName: "name=key"
        )
    )
    var key: [String] = []

    @Option(help: "Only files of folders, or blobs of containers, whose names match this glob.")
    var glob: String?

    @Option(
        help:
            "The time for which you know the logs to be whole, FROM..TO, such as 2026-01-01..2026-02-01."
    )
    var covers: String?

    @Option(
        help: ArgumentHelp(
            "A log, or a folder of logs, that says nothing of this registry: it is not read, and nothing waits for it; may be given more than once.",
            valueName: "place"
        )
    )
    var leaveOut: [String] = []

    @Option(
        help: ArgumentHelp(
            "A log, or a folder of logs, in which what is not understood says nothing of this registry: it opens no gap, now or since an earlier import; may be given more than once.",
            valueName: "place"
        )
    )
    var passOver: [String] = []

    @Argument(
        help: ArgumentHelp(
            "Files, folders, the address of an Azure Blob container with its signature, or - for standard input.",
            valueName: "place"
        )
    )
    var places: [String] = []

    func validate() throws {
        if let format, LogFormat(rawValue: format) == nil {
            let known = LogFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--format \(format): unknown; known are \(known)")
        }
        if let covers, ImportRequest.span(covers) == nil {
            throw ValidationError(
                "--covers \(covers): write FROM..TO with dates or times, such as 2026-01-01..2026-02-01"
            )
        }
        guard !places.isEmpty || !leaveOut.isEmpty || !passOver.isEmpty else {
            throw ValidationError("no place is given; name files, folders, a container, or -")
        }
        guard !leaveOut.contains("") else {
            throw ValidationError("--leave-out: it is empty; name the log that is to be left out")
        }
        guard !passOver.contains("") else {
            throw ValidationError("--pass-over: it is empty; name the log of which that is true")
        }
        _ = try ownKeys()
        _ = try requested()
    }

    /// Reads `--key NAME=KEY`.
    private func ownKeys() throws -> [String: String] {
        var own: [String: String] = [:]
        for text in key {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, LogKeys.nameable.contains(parts[0]) else {
                let known = LogKeys.nameable.joined(separator: ", ")
                throw ValidationError("--key \(text): write NAME=KEY, NAME one of \(known)")
            }
            own[parts[0]] = parts[1]
        }
        if !own.isEmpty, let format, format != LogFormat.json.rawValue {
            throw ValidationError("--key goes with --format json, and not with \(format)")
        }
        return own
    }

    func run() async throws {
        let deployment = try await options.deployment()
        let request = ImportRequest(
            registry: try target(deployment),
            places: try requested(),
            glob: glob.map { Glob($0) },
            dialect: LogDialect(
                format: format.flatMap(LogFormat.init(rawValue:)),
                keys: LogKeys(try ownKeys()) ?? .known
            ),
            vouched: covers.flatMap(ImportRequest.span),
            history: deployment.settings.history,
            ignoring: deployment.settings.ignoreAccess,
            leavingOut: leaveOut,
            passingOver: passOver
        )
        let report: ImportReport
        do {
            report = try await Self.onThread {
                let bar = ProgressBar()
                defer { bar.clear() }
                return try Importer(
                    request,
                    ledger: deployment.ledger,
                    now: deployment.now(),
                    wait: Self.wait,
                    onProgress: bar.show
                ).run()
            }
        } catch let error as LogReadingError where error.kind == .interrupted {
            Terminal.complain(
                "\(error); what is imported waits for it, until it is read or left out by "
                    + "--leave-out \(error.place)"
            )
            throw Outcome.failed
        }
        try say(report, request.registry.name)
        if report.sums.rejected > 0, report.sums.rejected == report.lines {
            throw Outcome.failed
        }
        guard !report.failures.isEmpty else { return }
        throw report.files + report.unchanged > 0 ? Outcome.partlyDone : Outcome.failed
    }

    /// Says that a pipe's writer is waited for; a signal then ends that.
    private static let wait = WriterWait { place in
        Terminal.complain("\(place): waits for somebody to write to it")
        let interruption = Interruption()
        let signals = Signals.raising(interruption)
        return { withExtendedLifetime(signals) { interruption.isRaised } }
    }

    private func requested() throws -> [ImportRequest.Place] {
        var places: [ImportRequest.Place] = []
        for place in self.places {
            if place == "-" {
                places.append(.standardInput)
            } else if place.contains("://") {
                do {
                    places.append(.blobs(try BlobPlace(place)))
                } catch {
                    throw ValidationError("the address \(error.description)")
                }
            } else {
                places.append(.path(place))
            }
        }
        return places
    }

    private func target(_ deployment: Deployment) throws -> RegistryRow {
        let rows = deployment.targets.map(\.row)
        let names = rows.map(\.name).joined(separator: ", ")
        guard let registry else {
            guard rows.count == 1, let row = rows.first else {
                throw ValidationError("--registry is missing; known are \(names)")
            }
            return row
        }
        guard let row = rows.first(where: { $0.name == registry }) else {
            throw ValidationError("--registry \(registry): unknown; known are \(names)")
        }
        return row
    }

    /// An import waits for files and the disk, which no task may do.
    private static func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Swift.Result { try body() }) }.start()
        }
    }
}
