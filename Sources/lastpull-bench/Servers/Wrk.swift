import Foundation

/// The load generator `wrk`, with a script that posts one event a request.
struct Wrk {
    struct Result: Sendable {
        var requests: Int
        var seconds: Double
        /// Milliseconds.
        var p99: Double
        /// What the server took, in seconds of processor time.
        var processorTime = 0.0
        /// Answers other than 2xx and 3xx, and requests without any.
        var failures: Int

        var rate: Double { Double(requests) / seconds }
    }

    var connections: Int
    var threads: Int

    private let executable: String

    init(connections: Int, threads: Int) throws {
        self.connections = connections
        self.threads = min(threads, connections)
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = folders.map { "\($0)/wrk" }
        guard let found = places.first(where: FileManager.default.isExecutableFile) else {
            throw BenchError("wrk is not in the PATH; install it: apt-get install wrk")
        }
        executable = found
    }

    func run(_ url: String, script: String, seconds: Int) async throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = [
            "--threads", "\(threads)", "--connections", "\(connections)",
            "--duration", "\(seconds)s", "--timeout", "10s", "--script", script, url,
        ]
        let output = script + ".output"
        try Data().write(to: URL(fileURLWithPath: output))
        let handle = FileHandle(forWritingAtPath: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + .seconds(seconds + 30)
        while process.isRunning {
            guard ContinuousClock.now < deadline else {
                kill(process.processIdentifier, SIGKILL)
                throw BenchError("wrk did not end in time")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        let text = try String(contentsOfFile: output, encoding: .utf8)
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("figures ") })
        else { throw BenchError("wrk failed: \(text.suffix(500))") }
        let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard numbers.count == 4 else { throw BenchError("wrk said: \(line)") }
        return Result(
            requests: Int(numbers[0]),
            seconds: numbers[1] / 1_000_000,
            p99: numbers[2] / 1_000,
            failures: Int(numbers[3])
        )
    }
}
