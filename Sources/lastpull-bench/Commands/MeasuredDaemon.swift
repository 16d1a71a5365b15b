import AccessLedger
import CurlTransport
import Foundation
import RegistryModel

/// The daemon as a process of its own on a filled ledger, and pushes that cross its threshold.
struct MeasuredDaemon {
    let process: ServerProcess
    let registry: GeneratedRegistry
    let ledger: Ledger
    let row: RegistryRow
    let sender: EventSender
    private let marked: Timestamp

    init(
        ledger path: String,
        registry: GeneratedRegistry,
        registryPort: Int,
        in workplace: Workplace
    ) async throws {
        self.registry = registry
        let transport = CurlTransport()
        let port = try FreePort.find()
        let settings = try workplace.write(
            DaemonSettings.text(
                port: port,
                registryPort: registryPort,
                ledger: path,
                now: Self.now
            ),
            to: "lastpull.yaml"
        )
        process = try await ServerProcess(
            ["serve-daemon", "--config", settings],
            port: port,
            log: workplace.file("daemon.log"),
            via: transport
        )
        sender = EventSender(
            hook: "\(process.url)/hooks/\(LedgerFill.registry)",
            transport: transport
        )
        ledger = try Ledger(path: path)
        row = try await ledger.registry(named: LedgerFill.registry)
        // Nothing is removed before a listing has ended; this one has not.
        marked = Self.now
        try await ledger.listed(row, at: marked)
    }

    /// Waits until the daemon has listed the registry, as it does after each start.
    func waitForListing() async throws {
        let began = ContinuousClock.now
        while try await ledger.lastListing(of: row) == marked {
            guard ContinuousClock.now - began < Self.listingPatience else {
                throw BenchError("the registry was not listed in time: \(process.words)")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        Output.tell("the registry was listed in \(ContinuousClock.now - began)")
    }

    private static let listingPatience = Duration.seconds(900)

    static var now: Timestamp { Timestamp(seconds: Date().timeIntervalSince1970) }

    func stop() async throws {
        try ledger.close()
        try await process.stop()
    }

    /// Pushes one tag more than a repository may have, and returns the time from sending the event
    /// to the first delete of an image.
    func crossThreshold(in repository: Int) async throws -> Duration {
        registry.push(to: repository)
        let image = GeneratedImage(repository: repository, number: GeneratedImage.perRepository)
        let began = ContinuousClock.now
        try await sender.post("push", image)
        let deletion = try await wait("delete in \(GeneratedImage.repositoryName(repository))") {
            registry.firstDeletion(in: repository)
        }
        _ = try await wait("end of the run") {
            try await ledger.lastRun(
                ofTrigger: DaemonSettings.trigger,
                registryId: row.id,
                repositoryId: Int64(repository) + 1
            )
        }
        // The registry is free for the next run a moment after this one is written down.
        try await Task.sleep(for: .milliseconds(20))
        return deletion.at - began
    }

    private func wait<Value>(
        _ what: String,
        _ find: () async throws -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let value = try await find() { return value }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw BenchError("no \(what) within 20 seconds: \(process.words)")
    }
}

/// Posts events as the registry would.
struct EventSender: Sendable {
    let hook: String
    let transport: CurlTransport

    func post(_ action: String, _ image: GeneratedImage) async throws {
        let answer = try await transport.send(
            HTTPRequest(
                method: "POST",
                url: hook,
                headers: ["Content-Type": "application/vnd.docker.distribution.events.v2+json"],
                body: Array(Self.event(action, image).utf8)
            )
        )
        guard answer.status == 202 else {
            throw BenchError("an event was answered \(answer.status)")
        }
    }

    /// An envelope with one event that happens now.
    private static func event(_ action: String, _ image: GeneratedImage) -> String {
        let repository = GeneratedImage.repositoryName(image.repository)
        let digest = Digest(hashing: image.manifest)
        let time = Date().formatted(.iso8601)
        return #"{"events":[{"id":"\#(UUID().uuidString.lowercased())","timestamp":"\#(time)","#
            + #""action":"\#(action)","target":{"mediaType":"\#(MediaType.ociManifest)","#
            + #""digest":"\#(digest)","repository":"\#(repository)","tag":"\#(image.tag)","#
            + #""url":"http://registry.example.test/v2/\#(repository)/manifests/\#(digest)"},"#
            + #""request":{"addr":"10.20.30.40:51234","method":"GET","#
            + #""useragent":"containerd/v2.0.2"},"actor":{"name":"cluster-a"},"#
            + #""source":{"instanceID":"5b0f6a5e-8d5a-4a3b-9a39-000000000900"}}]}"#
    }
}
