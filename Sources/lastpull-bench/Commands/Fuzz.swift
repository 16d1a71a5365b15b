import ArgumentParser
import Foundation
import Fuzzing
import Synchronization

/// Gives every decoder many inputs that are nearly right.
struct Fuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives each decoder and framing many broken inputs: no crash, no hang, no waste."
    )

    @Option(help: "Inputs for each target.")
    var inputs = 1_000_000

    @Option(help: "Only the target of this name, or those whose name contains this.")
    var only: String?

    @Option(help: "Where the inputs begin; the same number gives the same inputs.")
    var seed: UInt64 = 1

    mutating func run() throws {
        let samples = try FuzzSamples.all()
        let watch = FuzzWatch()
        watch.start()
        let exact = FuzzTarget.all.filter { $0.name == only }
        let named =
            exact.isEmpty
            ? FuzzTarget.all.filter { only.map($0.name.contains) ?? true } : exact
        for target in named {
            let time = try ContinuousClock().measure { try run(target, samples, watch) }
            let memory = Self.peakMemory()
            Output.say(
                "\(target.name): \(inputs) inputs in \(Output.rounded(time / .seconds(1))) s, "
                    + "slowest \(Output.rounded(watch.slowest)) ms, peak \(memory >> 20) MB"
            )
            guard memory < Self.mostMemory else {
                throw BenchError("\(target.name): \(memory >> 20) MB are resident")
            }
        }
    }

    private func run(_ target: FuzzTarget, _ samples: [[UInt8]], _ watch: FuzzWatch) throws {
        var mutator = Mutator(samples: samples, seed: seed)
        watch.begin()
        for index in 0..<inputs {
            let input = mutator.next()
            watch.next(input)
            do {
                try target.run(input, &mutator.random)
            } catch {
                throw BenchError("input \(index) of \(target.name): \(error); \(watch.keep())")
            }
        }
        watch.end()
    }

    private static func peakMemory() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }

    /// Inputs have 64 KB at most, and large ones some megabytes.
    private static let mostMemory = 400 << 20
}

/// Ends the process when one input takes too long.
private final class FuzzWatch: Sendable {
    private struct State {
        var input: [UInt8] = []
        var since: ContinuousClock.Instant?
        var slowest = 0.0

        mutating func note() {
            guard let since else { return }
            slowest = max(slowest, (ContinuousClock.now - since) / .milliseconds(1))
        }
    }

    private let state = Mutex(State())

    /// Milliseconds.
    var slowest: Double { state.withLock { $0.slowest } }

    func begin() { state.withLock { $0 = State() } }

    func next(_ input: [UInt8]) {
        state.withLock { state in
            state.note()
            state.input = input
            state.since = .now
        }
    }

    func end() {
        state.withLock { state in
            state.note()
            state.since = nil
        }
    }

    func start() {
        Thread {
            while true {
                Thread.sleep(forTimeInterval: 1)
                let hangs = self.state.withLock { state in
                    state.since.map { .now - $0 > Self.longest } ?? false
                }
                guard hangs else { continue }
                Output.tell("an input takes more than \(Self.longest); \(self.keep())")
                exit(1)
            }
        }.start()
    }

    /// Keeps the input in a file, and says where.
    func keep() -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "lastpull-fuzz-input")
        let input = state.withLock { $0.input }
        try? Data(input).write(to: path)
        return "it is in \(path.path)"
    }

    private static let longest = Duration.seconds(20)
}
