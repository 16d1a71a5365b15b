import CurlTransport
import Foundation
import RegistryModel

/// One of our own servers as a process of its own, so that it is measured alone.
final class ServerProcess {
    let url: String
    private let process = Process()
    private let lifeline = Pipe()
    private let log: String

    /// Starts `arguments` of this executable and returns when `GET /readyz` answers 200.
    init(_ arguments: [String], port: Int, log: String, via transport: CurlTransport) async throws {
        url = "http://127.0.0.1:\(port)"
        self.log = log
        try Data().write(to: URL(fileURLWithPath: log))
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        let deadline = ContinuousClock.now + Self.patience
        while try await !isReady(transport) {
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw BenchError("\(arguments[0]) did not start: \(words)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    private static let patience = Duration.seconds(60)

    private func isReady(_ transport: CurlTransport) async throws -> Bool {
        let answer = try? await transport.send(HTTPRequest(url: "\(url)/readyz"))
        return answer?.status == 200
    }

    /// The end of what it wrote to standard error.
    var words: String {
        String(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(2_000))
    }

    /// Ends it as an operator would, and waits for it.
    func stop() async throws {
        process.terminate()
        let deadline = ContinuousClock.now + Self.patience
        while process.isRunning {
            guard ContinuousClock.now < deadline else {
                throw BenchError("process \(process.processIdentifier) did not end on SIGTERM")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Seconds of processor time so far; they hardly depend on what else the machine does.
    func processorTime() throws -> Double {
        let path = "/proc/\(process.processIdentifier)/stat"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // The second field is a name in parentheses, which may hold spaces.
        let fields = text.drop { $0 != ")" }.split(separator: " ")
        guard fields.count > 12, let user = Double(fields[12]), let system = Double(fields[13])
        else { throw BenchError("\(path) can't be understood") }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// A line of `/proc/PID/status` in bytes, such as `VmRSS`.
    func memory(_ name: String) throws -> Int64 {
        let path = "/proc/\(process.processIdentifier)/status"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(name + ":") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first,
            let count = Int64(kibibytes)
        else { throw BenchError("\(path) does not tell \(name)") }
        return count * 1_024
    }
}

/// A port of 127.0.0.1 that nobody has at the moment.
enum FreePort {
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError("no socket to be had") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw BenchError("no free port to be had on 127.0.0.1") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
