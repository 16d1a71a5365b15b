import AccessLedger
import ArgumentParser
import EventDecoding
import Foundation
import RegistryModel

/// What the one thread that writes the ledger takes for an access, without listener and senders.
struct Recording: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Processor time of recording: single events, and bodies of many log lines."
    )

    @Option(help: "Events.") var events = 100_000
    @Option(help: "Events in one commit.") var perCommit = 17
    @Option(help: "Log lines.") var lines = 400_000
    @Option(help: "Log lines in one commit.") var linesPerCommit = 8_192
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard events > 0, perCommit > 0, lines > 0, linesPerCommit > 0 else {
            throw ValidationError("all numbers must be above 0")
        }
    }

    func run() async throws {
        let workplace = try Workplace()
        defer { workplace.remove() }
        let path = workplace.file("ledger.sqlite")
        try await LedgerFill(manifests: Self.images, hours: 1, now: MeasuredDaemon.now)
            .write(to: path)
        let ledger = try Ledger(path: path)
        let row = try await ledger.registry(named: LedgerFill.registry)
        var report = Report()
        let single = try await record(eventDeliveries(row), perCommit, events, in: ledger)
        report.figures.append(Figure("record", "an event", single, "µs"))
        let bulk = try await record(logDeliveries(row), 1, lines, in: ledger)
        report.figures.append(Figure("record", "a log line", bulk, "µs"))
        try ledger.close()
        try report.print(asJSON: json)
    }

    /// Microseconds of processor time an access, on a thread of its own.
    private func record(
        _ deliveries: [Delivery],
        _ perCommit: Int,
        _ accesses: Int,
        in ledger: Ledger
    ) async throws -> Double {
        let result: Result<Double, any Error> = await withCheckedContinuation { continuation in
            Thread {
                continuation.resume(
                    returning: Result { try Self.record(deliveries, perCommit, in: ledger) }
                )
            }.start()
        }
        return try result.get() * 1_000_000 / Double(accesses)
    }

    private static func record(
        _ deliveries: [Delivery],
        _ perCommit: Int,
        in ledger: Ledger
    ) throws -> Double {
        let began = processorTime()
        var start = 0
        while start < deliveries.count {
            let end = min(start + perCommit, deliveries.count)
            _ = try ledger.record(
                Array(deliveries[start..<end]),
                ignoring: AccessIgnoreList(),
                now: MeasuredDaemon.now
            )
            start = end
        }
        return processorTime() - began
    }

    /// Seconds of this thread.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func eventDeliveries(_ row: RegistryRow) -> [Delivery] {
        let names = Self.names
        return (0..<events).map { index in
            let hash = SplitMix.hash(UInt64(index))
            let image = names[Int(hash % UInt64(names.count))]
            var body = DecodedBody()
            body.accesses = [
                Access(
                    key: EventKey(high: hash, low: UInt64(index)),
                    time: MeasuredDaemon.now,
                    class: .pull,
                    repository: image.repository,
                    digest: image.digest,
                    tag: image.tag,
                    mediaType: MediaType.ociManifest,
                    address: "10.20.30.40",
                    actor: "cluster-a",
                    userAgent: "containerd/v2.0.2",
                    instance: "5b0f6a5e-8d5a-4a3b-9a39-000000000900"
                )
            ]
            return Delivery(
                registry: row,
                source: .events,
                body: body,
                receivedAt: MeasuredDaemon.now
            )
        }
    }

    private func logDeliveries(_ row: RegistryRow) -> [Delivery] {
        let messages = ProxyLines(
            images: Self.images,
            manifestShare: 100,
            time: Date(),
            rate: Self.images * 100
        ).make(lines)
        return stride(from: 0, to: lines, by: linesPerCommit).map { start in
            let part = messages[start..<min(start + linesPerCommit, lines)]
            var text: [UInt8] = []
            for message in part {
                message.withUnsafeBytes { text += SyslogMessage.text(of: $0) }
                text.append(UInt8(ascii: "\n"))
            }
            var body = AccessLog.decode(text, format: .combined)
            body.sortAccesses()
            body.isHearsay = true
            return Delivery(
                registry: row,
                source: .log,
                body: body,
                receivedAt: MeasuredDaemon.now
            )
        }
    }

    private struct Names {
        var repository: RepositoryName
        var digest: Digest
        var tag: TagName
    }

    private static let names: [Names] = (0..<images).compactMap { index in
        let image = GeneratedImage(
            repository: index / GeneratedImage.perRepository,
            number: index % GeneratedImage.perRepository
        )
        let name = GeneratedImage.repositoryName(image.repository)
        guard let repository = RepositoryName(name), let tag = TagName(image.tag) else {
            return nil
        }
        return Names(
            repository: repository,
            digest: Digest(hashing: image.manifest),
            tag: tag
        )
    }

    private static let images = 1_000
}
