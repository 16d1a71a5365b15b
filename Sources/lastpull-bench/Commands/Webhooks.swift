import AccessLedger
import ArgumentParser
import CurlTransport
import Foundation
import RegistryModel

/// Durable webhooks, one event each, against the same listener doing nothing.
struct Webhooks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Durable webhooks, one event each, against the same listener doing nothing."
    )

    @Option(help: "How long each of the two is loaded.") var seconds = 16
    @Option(help: "Senders at once.") var connections = 64
    @Option(help: "Threads of wrk.") var threads = 1
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        var report = Report()
        report.figures = try await measure()
        try report.print(asJSON: json)
    }

    /// Loads both in turns, so that what else the machine does meets both.
    func measure() async throws -> [Figure] {
        let wrk = try Wrk(connections: connections, threads: threads)
        let workplace = try Workplace()
        defer { workplace.remove() }
        let registryPort = try FreePort.find()
        return try await GeneratedRegistry.serving(port: registryPort) { _ in
            let transport = CurlTransport()
            let ledger = workplace.file("ledger.sqlite")
            let now = Timestamp(seconds: Date().timeIntervalSince1970)
            try await LedgerFill(manifests: Self.images, hours: 1, now: now).write(to: ledger)
            let port = try FreePort.find()
            let settings = try workplace.write(
                DaemonSettings.text(
                    port: port,
                    registryPort: registryPort,
                    ledger: ledger,
                    now: now
                ),
                to: "lastpull.yaml"
            )
            let daemon = try await ServerProcess(
                ["serve-daemon", "--config", settings],
                port: port,
                log: workplace.file("daemon.log"),
                via: transport
            )
            let peerPort = try FreePort.find()
            let peer = try await ServerProcess(
                ["serve-nothing", "--port", "\(peerPort)"],
                port: peerPort,
                log: workplace.file("peer.log"),
                via: transport
            )
            var results: (peer: [Wrk.Result], durable: [Wrk.Result]) = ([], [])
            func load(_ server: ServerProcess, _ seconds: Int) async throws -> Wrk.Result {
                let script = try workplace.write(
                    EventScript.lua(images: Self.images, seed: .random(in: .min ... .max)),
                    to: "events.lua"
                )
                let before = try server.processorTime()
                var result = try await wrk.run(server.url, script: script, seconds: seconds)
                result.processorTime = try server.processorTime() - before
                return result
            }
            var answered = try await load(daemon, 1).requests
            _ = try await load(peer, 1)
            for _ in 0..<turns {
                let part = min(seconds, Self.turn)
                results.peer.append(try await load(peer, part))
                let durable = try await load(daemon, part)
                results.durable.append(durable)
                answered += durable.requests
                Output.tell(
                    "webhooks: peer \(Int(results.peer.last?.rate ?? 0))/s, "
                        + "durable \(Int(durable.rate))/s, p99 \(Output.rounded(durable.p99)) ms"
                )
            }
            try await peer.stop()
            try await daemon.stop()
            try await check(ledger, answered: answered, results.durable + results.peer)
            return Self.figures(results.peer, results.durable)
        }
    }

    /// What was answered is in the ledger, once; wrk hangs up on what is under way at its end, so
    /// there may be as many more as it has connections.
    private func check(_ path: String, answered: Int, _ all: [Wrk.Result]) async throws {
        let failures = all.reduce(0) { $0 + $1.failures }
        guard failures == 0 else { throw BenchError("\(failures) requests were not answered 202") }
        let ledger = try Ledger(path: path)
        defer { try? ledger.close() }
        let sum = try await ledger.sources(now: MeasuredDaemon.now).map(\.answer)
            .reduce(into: DeliveryAnswer()) { sum, answer in
                sum.accepted += answer.accepted
                sum.duplicates += answer.duplicates
                sum.rejected += answer.rejected
            }
        let underWay = connections * (turns + 1)
        guard sum.duplicates == 0, sum.rejected == 0,
            (answered...answered + underWay).contains(sum.accepted)
        else {
            throw BenchError("\(answered) requests were answered 202, the ledger has \(sum)")
        }
        Output.tell(
            "webhooks: \(answered) answered, \(sum.accepted) in the ledger, "
                + "\(sum.accepted - answered) cut off by wrk at its end"
        )
    }

    private static func figures(_ peer: [Wrk.Result], _ durable: [Wrk.Result]) -> [Figure] {
        func rate(_ results: [Wrk.Result]) -> Double {
            results.reduce(0) { $0 + Double($1.requests) }
                / results.reduce(0) { $0 + $1.seconds }
        }
        func processorTime(_ results: [Wrk.Result]) -> Double {
            results.reduce(0) { $0 + $1.processorTime } * 1_000_000
                / results.reduce(0) { $0 + Double($1.requests) }
        }
        let share = 100 * rate(durable) / rate(peer)
        let p99 = durable.map(\.p99).max() ?? .infinity
        return [
            Figure("webhooks", "peer: listener doing nothing", rate(peer), "/s"),
            Figure("webhooks", "durable, one event each", rate(durable), "/s"),
            Figure(
                "webhooks",
                "durable as share of peer",
                share,
                "%",
                goal: "at least 60 %",
                isMet: share >= 60
            ),
            Figure("webhooks", "processor time of peer", processorTime(peer), "µs/event"),
            Figure("webhooks", "processor time of durable", processorTime(durable), "µs/event"),
            Figure("webhooks", "p99 of peer", peer.map(\.p99).max() ?? .infinity, "ms"),
            Figure(
                "webhooks",
                "p99 of durable",
                p99,
                "ms",
                goal: "at most 10 ms",
                isMet: p99 <= 10
            ),
        ]
    }

    /// Enough that no single one's row is always in a cache.
    private static let images = 1_000
    /// Seconds that one of the two is loaded before it is the other's turn: a shared machine gets
    /// faster and slower by half within some of them.
    private static let turn = 2
    private var turns: Int { max(1, seconds / Self.turn) }
}
