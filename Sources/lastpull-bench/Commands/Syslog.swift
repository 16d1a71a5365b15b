import AccessLedger
import ArgumentParser
import CurlTransport
import Foundation
import RegistryModel

/// Lines of an access log by syslog, into the durable ledger.
struct Syslog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lines of a proxy's log by syslog over TCP and UDP, into the durable ledger."
    )

    @Option(help: "Lines over TCP.") var lines = 1_500_000
    @Option(help: "Datagrams.") var datagrams = 1_000_000
    @Option(help: "Of a hundred lines, those about manifests; the others are about blobs.")
    var manifestShare = 100
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard lines > 0, datagrams > 0, (1...100).contains(manifestShare) else {
            throw ValidationError("lines and datagrams must be above 0, the share 1 to 100")
        }
    }

    func run() async throws {
        var report = Report()
        report.figures = try await measure()
        try report.print(asJSON: json)
    }

    func measure() async throws -> [Figure] {
        let workplace = try Workplace()
        defer { workplace.remove() }
        let registryPort = try FreePort.find()
        return try await GeneratedRegistry.serving(port: registryPort) { _ in
            let (tcp, udp) = (try FreePort.find(), try FreePort.find())
            let path = workplace.file("ledger.sqlite")
            let now = Timestamp(seconds: Date().timeIntervalSince1970)
            try await LedgerFill(manifests: Self.images, hours: 1, now: now).write(to: path)
            let port = try FreePort.find()
            let settings = try workplace.write(
                """
                listen: 127.0.0.1:\(port)
                ledger: \(path)
                registries:
                  - name: \(LedgerFill.registry)
                    url: http://127.0.0.1:\(registryPort)
                    logs:
                      - { syslog: "tcp://127.0.0.1:\(tcp)", format: combined }
                      - { syslog: "udp://127.0.0.1:\(udp)", format: combined }
                """,
                to: "lastpull.yaml"
            )
            let daemon = try await ServerProcess(
                ["serve-daemon", "--config", settings],
                port: port,
                log: workplace.file("daemon.log"),
                via: CurlTransport()
            )
            let ledger = try Ledger(path: path)
            defer { try? ledger.close() }
            let row = try await ledger.registry(named: LedgerFill.registry)
            let watch = SocketWatch(ledger: ledger, row: row, daemon: daemon)
            let stream = try await stream(to: tcp, watch)
            let burst = try await burst(to: udp, watch)
            let memory = Double(try daemon.memory("VmHWM")) / 1_000_000
            try await daemon.stop()
            return stream + burst + [
                Figure("syslog", "peak resident memory", memory, "MB")
            ]
        }
    }

    private func stream(to port: Int, _ watch: SocketWatch) async throws -> [Figure] {
        let messages = self.messages(lines)
        let address = "tcp://127.0.0.1:\(port)"
        let processor = try watch.daemon.processorTime()
        let began = ContinuousClock.now
        try await LineSender(isDatagram: false, port: port).send(messages)
        let end = try await watch.wait(address) { $0.lines + $0.dropped >= lines }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let spent = try watch.daemon.processorTime() - processor
        guard end.lines == lines, end.dropped == 0 else {
            throw BenchError("\(lines) lines were sent, and the ledger has \(end)")
        }
        try await watch.check(about: lines * manifestShare / 100)
        let rate = Double(lines) / seconds
        return [
            Figure(
                "syslog over TCP",
                "lines recorded",
                rate,
                "/s",
                goal: "at least 150,000/s, none lost",
                isMet: rate >= 150_000
            ),
            Figure("syslog over TCP", "processor time", spent * 1e6 / Double(lines), "µs/line"),
        ]
    }

    private func burst(to port: Int, _ watch: SocketWatch) async throws -> [Figure] {
        let messages = self.messages(datagrams)
        let address = "udp://127.0.0.1:\(port)"
        let began = ContinuousClock.now
        try await LineSender(isDatagram: true, port: port).send(messages)
        let sent = (ContinuousClock.now - began) / .seconds(1)
        let end = try await watch.wait(address) { $0.lines + $0.dropped >= datagrams }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let sum = end.lines + end.dropped
        return [
            Figure("syslog over UDP", "sent", Double(datagrams) / sent, "/s"),
            Figure("syslog over UDP", "recorded", Double(end.lines) / seconds, "/s"),
            Figure(
                "syslog over UDP",
                "recorded and counted as dropped, of those sent",
                100 * Double(sum) / Double(datagrams),
                "%",
                goal: "100 %",
                isMet: sum == datagrams
            ),
            Figure(
                "syslog over UDP",
                "dropped",
                100 * Double(end.dropped) / Double(datagrams),
                "%"
            ),
        ]
    }

    private func messages(_ count: Int) -> [[UInt8]] {
        ProxyLines(images: Self.images, manifestShare: manifestShare, time: Date()).make(count)
    }

    /// Enough that no single one's row is always in a cache.
    private static let images = 1_000
}

/// Looks into the ledger for what a socket has taken.
private struct SocketWatch {
    let ledger: Ledger
    let row: RegistryRow
    let daemon: ServerProcess

    func wait(
        _ address: String,
        until isDone: (SocketStatistics) -> Bool
    ) async throws -> SocketStatistics {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let found = try await ledger.sockets(of: row).first { $0.address == address }
            if let found, isDone(found) { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        let found = try await ledger.sockets(of: row).first { $0.address == address }
        let state = found.map { "\($0)" } ?? "nothing"
        throw BenchError("not all was recorded in a minute: \(state); \(daemon.words)")
    }

    /// Each line is another access, and all of them are in the ledger.
    func check(about accesses: Int) async throws {
        let answer = try await ledger.sources(now: MeasuredDaemon.now)
            .first { $0.source == .log }?.answer
        guard answer?.accepted == accesses, answer?.duplicates == 0, answer?.rejected == 0 else {
            throw BenchError("\(accesses) accesses were sent, and the ledger has \(answer as Any)")
        }
    }
}
